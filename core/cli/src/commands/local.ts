import { SlowLaneError } from '@slowlane/contracts';
import { formatBytes, formatDuration } from '@slowlane/kit';
import { defineCommand, type DoctorView, flag, type Style, text } from '../command.ts';
import { wholeOption } from '../read-option.ts';

const yes = { form: '-y, --yes', help: 'install what is missing without asking' };

export const up = defineCommand({
  name: 'up',
  summary:
    'start everything embedded: redis, endpoint, mediator, keeper, builder, ledger, gateway, helper, local workspace',
  details:
    'Starts what does not run yet and returns when the service answers. State is in SLOWLANE_HOME (default ~/.slowlane; root: /var/lib/slowlane).',
  options: [yes, { form: '--foreground', help: 'stay, and end everything on Ctrl-C' }],
  run: (input, { local }) => local.up({ yes: flag(input, 'yes'), foreground: flag(input, 'foreground') }),
  render: (view, style) => [
    `${style.good('up')} ${view.url}  ${style.dim(`(${formatDuration(view.tookMs)})`)}`,
    `docs       ${view.url}/docs`,
    `workspace  ${view.workspace}`,
    `token      ${view.tokenFile}`,
  ],
});

export const down = defineCommand({
  name: 'down',
  summary: 'end everything that up started; runs go on under their supervisors',
  options: [{ form: '--runs', help: 'cancel what runs on the local workspace too' }],
  run: (input, { local }) => local.down({ runs: flag(input, 'runs') }),
  render: ({ ended }) => [ended.length === 0 ? 'nothing was running' : `ended: ${ended.join(', ')}`],
});

export const status = defineCommand({
  name: 'status',
  summary: 'which processes run and whether they are well',
  run: (_input, { local }) => local.status(),
  render: ({ url, processes, health }, style) => [
    url,
    ...style.table(
      processes.map(({ name, running, pid, memoryBytes }) => [
        name,
        running ? style.good('running') : style.bad('not running'),
        String(pid ?? ''),
        memoryBytes === undefined ? '' : formatBytes(memoryBytes),
      ]),
      ['process', 'state', 'pid', 'memory'],
    ),
    ...Object.entries(health).map(
      ([check, state]) => `${check}: ${state === 'ok' ? style.good(state) : style.bad(state)}`,
    ),
  ],
});

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'what the machine has, what is missing, and the exact line that installs it',
  details:
    'While Slow Lane is up the sandbox is probed: with --sandbox every abuse test is shown, else those that did not hold.',
  options: [{ form: '--sandbox', help: 'show every abuse test of the running sandbox driver' }],
  run: async (input, { local }) => ({ ...(await local.doctor()), allTests: flag(input, 'sandbox') }),
  render: ({ ground, sandbox, service, allTests }, style) => [
    ...style.table(
      ground.map(({ name, use, found, line }) => [
        found === undefined ? style.bad('missing') : style.good('ok'),
        name,
        found ?? line ?? '',
        style.dim(use),
      ]),
      ['', 'what', 'found, or the line that installs it', 'for'],
    ),
    '',
    ...(sandbox === undefined
      ? [style.dim('the sandbox is probed while Slow Lane is up')]
      : renderProbe(sandbox, { allTests, style })),
    ...Object.entries(service ?? {}).map(
      ([name, state]) => `${state === 'ok' ? style.good('ok') : style.bad(state)}  ${name}`,
    ),
  ],
});

function renderProbe(
  { tier, ok, findings, driver = 'driver', tests = [] }: NonNullable<DoctorView['sandbox']>,
  { allTests, style }: { allTests: boolean; style: Style },
): string[] {
  const verdict = (holds: boolean): string => (holds ? style.good('held') : style.bad('FAILED'));
  const held = findings.filter((finding) => finding.ok).length;
  const summary = ok ? style.good(`all ${held} findings of the abuse tests held`) : style.bad('REFUSED');
  const rows = tests.map((one) => [
    one.starred ? `${one.id} *` : one.id,
    one.title,
    one.notClaimed === undefined ? verdict(one.ok) : style.warn('not claimed'),
    one.notClaimed ?? `${one.held} of ${one.attacks}`,
  ]);
  const failed = findings.filter((finding) => !finding.ok);
  return [
    `sandbox tier ${style.bold(tier)}: ${summary}`,
    ...(allTests ? style.table(rows, ['', 'abuse test (* decides about a driver)', driver, 'attacks']) : []),
    ...(failed.length === 0
      ? []
      : style.table(
          failed.map(({ test, detail }) => [verdict(false), test, detail]),
          ['', 'attack', 'detail'],
        )),
  ];
}

export const demo = defineCommand({
  name: 'demo',
  summary: 'the main job on real data, step by step: two pushes become jobs, one request becomes a result',
  options: [yes, { form: '--keep', help: 'leave everything running at the end' }],
  run: (input, { local }) => local.demo({ keep: flag(input, 'keep'), yes: flag(input, 'yes') }),
});

export const test = defineCommand({
  name: 'test',
  summary: 'install what the tests need, start real servers on loopback, run the suites',
  details:
    'Suites: unit gate sandbox plugins chaos workspace e2e docs; none = all of them (about 45 minutes on 2 cores).',
  args: [{ form: '[suites...]', help: 'suites to run' }],
  options: [
    { form: '--full', help: 'the long suites too' },
    { form: '--fast', help: 'lint, types and unit tests only' },
    { form: '--minutes <n>', help: 'with chaos alone: kill nodes, Redis and the workspace under load for so long' },
    { form: '--seed <s>', help: 'with --minutes: which faults come in which order' },
  ],
  async run(input, { local, say }) {
    const suites = input.args.filter((name): name is string => name !== undefined);
    const [minutes, seed] = [wholeOption(input, 'minutes'), wholeOption(input, 'seed')];
    if ((minutes !== undefined && suites.join() !== 'chaos') || (seed !== undefined && minutes === undefined))
      throw new SlowLaneError('cli.usage', '--minutes belongs to the suite chaos alone, and --seed to --minutes', {
        hint: 'Run: slowlane test chaos --minutes 10 --seed 1',
      });
    const chaos = minutes === undefined ? {} : { chaos: { minutes, seed } };
    const outcome = await local.test({ suites, full: flag(input, 'full'), fast: flag(input, 'fast'), ...chaos });
    say('');
    return { ...outcome, exitCode: outcome.failed === 0 ? 0 : 1 };
  },
  render: ({ outcomes, passed, failed, skipped, failures = [], tables = [] }, style) => [
    ...tables.flatMap(({ title, head, rows, legend }) => [title, ...style.table(rows, head), style.dim(legend), '']),
    ...style.table(
      outcomes.map((row) => [
        row.suite,
        String(row.passed),
        row.failed === 0 ? '0' : style.bad(String(row.failed)),
        String(row.skipped),
        formatDuration(row.tookMs),
        formatDuration(row.budgetMs),
      ]),
      ['suite', 'passed', 'failed', 'skipped', 'took', 'budget'],
    ),
    `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    ...failures.flatMap(({ suite, file, title, message }) => [
      `${style.bad('failed')} ${suite}  ${file === '' ? '' : `${file}  `}${title}`,
      `       ${message}`,
    ]),
  ],
});

export const bench = defineCommand({
  name: 'bench',
  summary: 'figures side by side with the raw thing, in one run: a table, and JSON with --json',
  args: [
    {
      form: '[suites...]',
      help: 'submit, accept, lane, gate, operations, idle, sandbox, push, build (or build:<language>), run; none = all',
    },
  ],
  run: (input, { local }) => local.bench(input.args.filter((name): name is string => name !== undefined)),
  render: ({ rows }, style) =>
    style.table(
      rows.map((row) => [
        row.name,
        row.ours,
        row.raw,
        row.ratio,
        row.target,
        row.met ? style.good('met') : style.bad('missed'),
      ]),
      ['figure', 'slow lane', 'raw', 'ratio', 'target', ''],
    ),
});

export const workspaceUp = defineCommand({
  name: 'workspace up',
  summary: 'the local workspace alone (and its sandbox helper), in the foreground; Ctrl-C ends it',
  details:
    "With --master, runs go to a Spark that is there already (spark://host:port): their drivers then use this machine's network instead of one of their own. Masters of other kinds (yarn, k8s://) are passed on as they are; they were not run. Volumes must lie at /Volumes on the machines of that Spark too.",
  options: [
    yes,
    { form: '--master <url>', help: 'an existing Spark, instead of clusters of its own' },
    { form: '--port <number>', help: 'where it listens on 127.0.0.1; default workspaces.local.port' },
    { form: '--volumes <folder>', help: 'what /Volumes is' },
  ],
  run: (input, { local }) => {
    const port = text(input, 'port');
    if (port !== undefined && !/^[1-9][0-9]{0,4}$/.test(port))
      throw new SlowLaneError('cli.usage', `--port ${port} is no port`);
    return local.workspaceUp({
      ...{ master: text(input, 'master'), volumes: text(input, 'volumes'), yes: flag(input, 'yes') },
      port: port === undefined ? undefined : Number(port),
    });
  },
  render: ({ ended }) => [ended.length === 0 ? 'nothing was running' : `ended: ${ended.join(', ')}`],
});

export const workspaceEnv = defineCommand({
  name: 'workspace env',
  summary: 'the lines that point any Databricks client at the local workspace',
  run: (_input, { local }) => local.workspaceEnv(),
  render: (env) => Object.entries(env).map(([name, value]) => `export ${name}=${value}`),
});
