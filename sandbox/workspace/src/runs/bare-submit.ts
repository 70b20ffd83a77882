import { join } from 'node:path';
import type { RootSpec } from '@slowlane/contracts';
import { tablesName } from '../files/reserved-names.ts';
import { sparkConf } from '../programs/spark-conf.ts';
import { writePrivateFiles } from '../programs/write-shared.ts';
import { makeShared, scratchTarget } from './run-folders.ts';
import { sparkEnvironment } from './spark-environment.ts';
import { stageScratch } from './stage-run.ts';
import { submitArguments, submitFiles, type SubmitInput } from './submit-arguments.ts';

export interface BareSubmitOptions {
  root: RootSpec;
  /** A Python file of this machine. */
  script: string;
  /** Takes what a run has in its scratch folder. */
  folder: string;
  /** Stands for `/Volumes`. */
  volumesDir: string;
  cpus: number;
  driverMemoryBytes: number;
}

/**
 * The `spark-submit` of a Python run as a user would type it on this machine: the same settings, no sandbox, no class archive, no runner. What
 * runs are measured against.
 */
export async function bareSubmit(
  options: BareSubmitOptions,
): Promise<{ argv: string[]; env: Record<string, string>; cwd: string }> {
  const { folder, volumesDir, root } = options;
  await stageScratch(folder);
  await makeShared(join(folder, 'events'));
  const site = root.binds.find((bind) => bind.target === '/opt/site')?.source ?? '/opt/site';
  const here = (text: string): string =>
    text
      .replaceAll(`/Volumes/${tablesName}`, join(volumesDir, tablesName))
      .replaceAll(scratchTarget, folder)
      .replaceAll('/opt/site', site);
  const conf = await sparkConf({ root, volumesDir });
  const input: SubmitInput = {
    program: { primary: options.script, jars: [], parameters: [], driverClassPath: [], conf, env: {} },
    ...{ cluster: { spark_version: '' }, master: `local[${options.cpus}]`, workers: 0 },
    ...{ cpus: options.cpus, heapBytes: options.driverMemoryBytes, hasClassArchive: false, hasEventLog: true },
  };
  const files = Object.entries(submitFiles(input)).map(([name, text]) => [name, here(text)]);
  await writePrivateFiles(folder, Object.fromEntries(files) as Record<string, string>);
  const env = sparkEnvironment({}, { defaults: { PYSPARK_DRIVER_PYTHON: '/usr/bin/python3' } });
  return {
    argv: submitArguments(input).map(here),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)])),
    cwd: folder,
  };
}
