import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PluginTestView } from '@slowlane/cli';
import { type Logger, PlanRefusal, type PluginHost, SlowLaneError } from '@slowlane/contracts';
import { startLocalPluginHost } from '@slowlane/pluginhost';
import { type CalledPlugin, hostedPluginSuite, type PluginFixtures } from '@slowlane/testkit';
import { PackageJson, PluginFixtureFile } from './schema.ts';

/**
 * The contract suite on the plugin of a folder, in the plugin host: every answer is checked, within its limits of time and memory. Throws `cli.usage` for
 * a folder without a plugin or fixtures; what the plugin does wrong is in the findings.
 */
export async function testPlugin(
  folder: string,
  {
    repository,
    node,
    logger,
    callTimeoutMs,
  }: { repository: string; node: string; logger: Logger; callTimeoutMs?: number },
): Promise<PluginTestView> {
  const { slowlane } = read(join(folder, 'package.json'), PackageJson);
  const fixtures = read(join(folder, '__fixtures__', 'contract.json'), PluginFixtureFile) as unknown as PluginFixtures;
  const id = slowlane.plugin;
  const host = await startLocalPluginHost({
    ...{ repositoryDir: repository, plugins: [{ id, folder: resolve(folder) }], node, logger },
    ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
  });
  try {
    const loaded = await manifestOf(host);
    const findings =
      'detail' in loaded ? [loaded] : await hostedPluginSuite(called(host, id, loaded.manifest), fixtures);
    const failed = findings.filter(({ ok }) => !ok).length;
    return { plugin: id, folder: resolve(folder), findings, passed: findings.length - failed, failed };
  } finally {
    await host.close();
  }
}

async function manifestOf(
  host: PluginHost,
): Promise<{ manifest: CalledPlugin['manifest'] } | PluginTestView['findings'][number]> {
  try {
    const [manifest] = await host.manifests();
    return { manifest: manifest as CalledPlugin['manifest'] };
  } catch (error) {
    return { test: 'the plugin loads and has a manifest', ok: false, detail: (error as Error).message };
  }
}

/** The port as the suite calls a plugin: refusals are refusals again, everything else that went wrong is a finding. */
function called(host: PluginHost, id: string, manifest: CalledPlugin['manifest']): CalledPlugin {
  return {
    manifest,
    detect: (tree) => refusing(host.detect(id, tree)),
    plan: (tree, config) => refusing(host.plan(id, tree, config)),
    inspect: (artifact, expectation) => refusing(host.inspect(id, artifact, expectation)),
    task: (of, published, expectation) => refusing(host.task(id, of, published, expectation)),
  };
}

async function refusing<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const isRefusal = error instanceof SlowLaneError && error.code !== 'plugin.failed' && error.kind === 'user';
    throw isRefusal ? new PlanRefusal(error.code, error.message) : error;
  }
}

function read<T>(file: string, schema: { parse(value: unknown): T }): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new SlowLaneError('cli.usage', `${file} cannot be read: ${firstLine(cause)}`, {
      hint: 'A plugin has package.json with "slowlane": { "plugin": "ID" }, src/index.ts and __fixtures__/contract.json. slowlane plugin new makes one.',
      cause,
    });
  }
}

function firstLine(cause: unknown): string {
  return (cause as Error).message.split('\n', 1)[0] as string;
}
