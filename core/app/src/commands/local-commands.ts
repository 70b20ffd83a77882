import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { registryAddresses } from '@slowlane/config';
import type { LocalCommands } from '@slowlane/cli';
import { SlowLaneError } from '@slowlane/contracts';
import { localWorkspace } from '../processes/local-workspace.ts';
import type { GroundPlace } from '../ground/requirements.ts';
import { type Installation, thisInstallation } from '../processes/installation.ts';
import { runningHealth, statusOf } from './status.ts';

const say = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * The commands that need this machine rather than a running Slow Lane. Each loads what it needs when it is called, so that a plain REST command starts quickly.
 */
export function createLocalCommands(signal: AbortSignal): LocalCommands {
  return {
    up: async ({ yes, foreground }) => {
      const installation = thisInstallation();
      const view = await up(installation, yes);
      if (foreground) {
        say(`${view.url} is up; Ctrl-C ends it`);
        await untilAborted(signal);
        await (await processes()).stopAll(installation, { runs: false });
      }
      return view;
    },
    down: async ({ runs }) => ({ ended: await (await processes()).stopAll(thisInstallation(), { runs }) }),
    status: () => statusOf(thisInstallation()),
    doctor: async () => {
      const installation = thisInstallation();
      const { surveyGround } = await import('../ground/ground.ts');
      const { probeSandbox } = await import('./probe-sandbox.ts');
      const ground = await surveyGround(placeOf(installation));
      return {
        ready: ground.every((row) => row.found !== undefined || row.optional === true),
        ground,
        sandbox: await probeSandbox(installation),
        service: await runningHealth(installation),
      };
    },
    toolchains: async () => (await import('./list-toolchains.ts')).listToolchains(thisInstallation()),
    pinToolchain: async (options) =>
      (await import('./pin-toolchain.ts')).pinToolchain(thisInstallation(), options, say),
    listPlugins: async () => {
      const { listPlugins } = await import('../plugins/list-plugins.ts');
      return listPlugins(thisInstallation(), { node: process.execPath, logger: await quietLogger() });
    },
    newPlugin: async (name, parent) => {
      const { newPlugin } = await import('../plugins/new-plugin.ts');
      return newPlugin(name, { repository: thisInstallation().repository, parent });
    },
    testPlugin: async (folder) => {
      const { testPlugin } = await import('../plugins/test-plugin.ts');
      const { repository } = thisInstallation();
      return testPlugin(folder, { repository, node: process.execPath, logger: await quietLogger() });
    },
    demo: async ({ keep, yes }) => {
      const installation = thisInstallation();
      await ground(installation, yes);
      const { runDemo } = await import('../demo/run-demo.ts');
      return runDemo(installation, { keep, yes, write: (text) => void process.stderr.write(text), signal });
    },
    test: async ({ suites, full, fast, chaos }) => {
      const installation = thisInstallation();
      await ground(installation, true, true);
      if (chaos !== undefined) {
        const { chaosCommand } = await import('../chaos/chaos-command.ts');
        return chaosCommand(chaos, say);
      }
      const { runSuites } = await import('../test/run-suites.ts');
      const { outcomes, failures, tables } = await runSuites(installation, { names: suites, full, fast }, say);
      return {
        outcomes,
        failures,
        tables,
        passed: sum(outcomes, 'passed'),
        failed: sum(outcomes, 'failed'),
        skipped: sum(outcomes, 'skipped'),
      };
    },
    bench: async (suites) => {
      const installation = thisInstallation();
      const isElsewhere = process.getuid?.() === 0;
      if (isElsewhere) return (await import('../bench/enclosed.ts')).benchEnclosed(installation, suites);
      return (await import('../bench/run-bench.ts')).runBench(installation, suites, say);
    },
    backup: async (folder, options) =>
      (await import('./backup-commands.ts')).backup(thisInstallation(), folder, options),
    gc: async (options) => (await import('./gc-command.ts')).collectGarbage(thisInstallation(), options),
    restore: async (folder) =>
      (await import('./backup-commands.ts')).restore(thisInstallation({ mayBeNew: true }), folder),
    workspaceUp: async (options) => (await import('./workspace-up.ts')).workspaceUp(options, { ground, say, signal }),
    workspaceCall: async (method, path, body) => {
      const { workspaceCall } = await import('./workspace-call.ts');
      return workspaceCall(localWorkspace(thisInstallation()), { method, path, body });
    },
    workspaceConformance: async (request, write) => {
      const { workspaceConformance } = await import('./workspace-conformance.ts');
      return workspaceConformance(thisInstallation(), request, write);
    },
    workspaceEnv: async () => workspaceEnv(thisInstallation()),
    readText: (file) =>
      file === '-' ? readStdin() : readFile(file, 'utf8').catch((cause: unknown) => unreadable(file, cause)),
    readPipeline: async (file) =>
      file === '-' ? readStdin() : (await import('../operation-test/test-operation.ts')).readPipeline(file),
    testOperation: async (file, tests) => {
      const { testOperation } = await import('../operation-test/test-operation.ts');
      const logger = (await import('../processes/logger.ts')).createLogger('operation-test');
      return testOperation(file, { tests, policy: thisInstallation().config.policy, logger });
    },
    packFolder: async (folder) => (await import('./pack-source.ts')).packSource(folder),
    writeFile: (file, bytes) => writeFile(file, bytes),
    async validatePipeline(text, fileName) {
      const { checkPipelineFile } = await import('@slowlane/pipeline');
      const { checkPipeline } = await import('../service/check-pipeline.ts');
      const { config } = thisInstallation();
      return checkPipelineFile({ policy: config.policy, alsoCheck: checkPipeline(config) }, text, { fileName });
    },
  };
}

async function up(installation: Installation, yes: boolean) {
  const begun = performance.now();
  await ground(installation, yes);
  const started = await (await processes()).startAll(installation, say);
  const { url, paths, environment } = installation;
  return {
    url,
    workspace: (await workspaceEnv(installation)).DATABRICKS_HOST,
    home: environment.home,
    started,
    tokenFile: paths.adminToken,
    tookMs: Math.round(performance.now() - begun),
  };
}

async function quietLogger() {
  return (await import('../processes/logger.ts')).createLogger('plugins');
}

const processes = () => import('../processes/up.ts');

function placeOf({ environment, paths, config }: Installation): GroundPlace {
  return { environment, paths, tier: config.sandbox.tier };
}

async function ground(installation: Installation, yes: boolean, forTests = false): Promise<void> {
  const { ensureGround } = await import('../ground/ground.ts');
  const { config } = installation;
  return ensureGround({
    ...placeOf(installation),
    registries: registryAddresses(config.registries),
    caBundle: config.ca_bundle,
    yes,
    forTests,
    say,
  });
}

async function workspaceEnv(
  installation: Installation,
): Promise<{ DATABRICKS_HOST: string; DATABRICKS_TOKEN: string }> {
  const { host, token } = localWorkspace(installation);
  return { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token };
}

function sum<K extends string>(rows: readonly Record<K, number>[], key: K): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await pause(200);
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function unreadable(file: string, cause: unknown): never {
  throw new SlowLaneError('cli.usage', `${file} cannot be read: ${(cause as Error).message}`, {
    hint: 'Name a file that is there and that you may read; where the help says so, - is standard input.',
    cause,
  });
}
