import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Logger, RootSpec, SandboxDriver } from '@slowlane/contracts';
import { openFile } from '../files/safe-folder.ts';
import { sparkConf } from '../programs/spark-conf.ts';
import { writePrivateFiles } from '../programs/write-shared.ts';
import { type Launch, type LaunchInput, launchSpec } from './launch-spec.ts';
import { plainProgram } from './submit-arguments.ts';
import { hasBegun } from './read-record.ts';
import { makePassable, makeShared, scratchTarget } from './run-folders.ts';
import { stageScratch } from './stage-run.ts';
import { type EndWatch, watchEnd, type WatchedEnd } from './watch-end.ts';

export interface ClassArchiveOptions {
  driver: SandboxDriver;
  root: RootSpec;
  stateDir: string;
  volumesDir: string;
  logger: Logger;
}

/**
 * A shared archive (JEP 350) of the classes that Spark loads at its start: with it a driver needs a good third less processor time
 * before its first line. It is made once per Spark and JDK, in the sandbox, by a program of ours alone, with the lowest
 * priority; until it is there, and wherever it does not fit, drivers start without it.
 */
export interface ClassArchive {
  /** The finished archive's file. */
  current(): string | undefined;
  /** Resolves when the archive is there or was given up. */
  readonly settled: Promise<void>;
  /** Ends the making of it. */
  close(): Promise<void>;
}

export function makeClassArchive(options: ClassArchiveOptions): ClassArchive {
  const { driver, logger } = options;
  let file: string | undefined;
  let making: { id: string; watch: EndWatch } | undefined;
  let closed = false;
  const settled = make().catch((error: unknown) =>
    logger.warn({ error: String(error) }, 'no class archive: Spark starts without it'),
  );
  return { current: () => file, settled, close };

  async function make(): Promise<void> {
    const site = options.root.binds.find((bind) => bind.target === '/opt/site')?.source;
    if (site === undefined) return;
    const folder = join(options.stateDir, 'class-archive');
    const key = await keyOf(options, join(site, 'pyspark', 'jars'));
    const target = join(folder, `${key}.jsa`);
    if (!(await exists(target))) {
      const end = await runWarmUp(join(folder, key), `classes-${key}`);
      if (closed) return;
      if (typeof end === 'string' || end.code !== 0)
        throw new Error(`the program that makes it ended: ${JSON.stringify(end)}`);
      await take(join(folder, key), target);
      await removeOthers(folder, `${key}.jsa`);
    }
    file = target;
  }

  /** Runs the program, or watches the one that an earlier process of ours has started. */
  async function runWarmUp(folder: string, id: string): Promise<WatchedEnd> {
    const record = join(folder, 'record');
    if (!(await driver.isRunning(id)) || !(await hasBegun(record))) {
      await driver.kill(id, 'kill');
      await rm(folder, { recursive: true, force: true });
      await makePassable(join(options.stateDir, 'class-archive'));
      await makePassable(folder);
      await mkdir(record, { mode: 0o700 });
      await start(folder, id, record);
    }
    return new Promise((resolve) => {
      const watch = watchEnd({ folder: record, isRunning: () => driver.isRunning(id), onEnd: resolve, logger });
      making = { id, watch };
      if (closed) watch.stop();
    });
  }

  async function start(folder: string, id: string, record: string): Promise<void> {
    const scratch = join(folder, 'scratch');
    const empty = join(folder, 'volumes');
    await makeShared(empty);
    await stageScratch(scratch);
    await makeShared(join(scratch, 'events'));
    await copyFile(warmUp, join(scratch, 'runner.py'));
    const { spec, command, files } = launchOf(options, {
      ...{ id, scratch, volumesDir: empty, events: join(scratch, 'events') },
      conf: await sparkConf({ root: options.root, volumesDir: empty }),
    });
    await writePrivateFiles(scratch, files);
    await driver.supervise(spec, { ...command, argv: ['/usr/bin/nice', '-n', '19', ...command.argv] }, record);
  }

  async function close(): Promise<void> {
    closed = true;
    making?.watch.stop();
    if (making !== undefined && file === undefined) await driver.kill(making.id, 'kill').catch(() => undefined);
  }
}

const warmUp = join(import.meta.dirname, 'warm-up.py');

/** Like a run: what the settings of runs make Spark load is what the archive must hold. */
function launchOf(
  { root }: ClassArchiveOptions,
  given: Pick<LaunchInput, 'id' | 'scratch' | 'volumesDir' | 'events'> & { conf: Record<string, string> },
): Launch {
  const task = { task_key: 'classes' };
  return launchSpec({
    ...{ ...given, root, task, startAttempt: 1 },
    program: { ...plainProgram(task), conf: given.conf },
    placement: {
      ...{ master: 'local[1]', net: { mode: 'none' }, workers: 0 },
      cluster: {
        spark_version: '',
        spark_conf: {
          'spark.driver.extraJavaOptions': `-XX:ArchiveClassesAtExit=${scratchTarget}/spark.jsa -Xlog:disable`,
        },
      },
    },
    limits: { driverMemoryBytes: 1_024 ** 3, cpus: 1, wallMs: 900_000 },
  });
}

/** Copied, not moved: the file that later sandboxes map must belong to us. */
async function take(folder: string, target: string): Promise<void> {
  const opened = await openFile(join(folder, 'scratch'), ['spark.jsa']);
  if (opened === undefined) throw new Error('the program that makes it left none');
  await pipeline(opened.handle.createReadStream(), createWriteStream(`${target}.part`, { mode: 0o644 }));
  await rename(`${target}.part`, target);
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

/** Those of other settings or of another Spark: 140 MB each. Drivers that started with one have it mounted, and keep it. */
async function removeOthers(folder: string, name: string): Promise<void> {
  const others = (await readdir(folder)).filter((one) => one.endsWith('.jsa') && one !== name);
  for (const other of others) await rm(join(folder, other), { force: true });
}

/** The JVM refuses an archive by path, size and time of each JAR; the same facts name it here, with the program that makes it and how that is started. */
async function keyOf(options: ClassArchiveOptions, jars: string): Promise<string> {
  const names = (await readdir(jars)).sort();
  const facts = await Promise.all(names.map(async (name) => ({ name, stats: await stat(join(jars, name)) })));
  const lines = facts.map(({ name, stats }) => `${name} ${stats.size} ${stats.mtimeMs}`);
  const conf = await sparkConf({ root: options.root, volumesDir: options.volumesDir });
  const { command, files } = launchOf(options, { id: '', scratch: '', volumesDir: '', events: '', conf });
  return createHash('sha256')
    .update(
      [options.root.digest, ...lines, ...command.argv, ...Object.values(files), await readFile(warmUp, 'utf8')].join(
        '\n',
      ),
    )
    .digest('hex')
    .slice(0, 24);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
