import { type BuildReport, type BuildVerification, type BuildView, SlowLaneError } from '@slowlane/contracts';
import { coveragePercent } from '@slowlane/kit';
import { type CommandContext, defineCommand, type Style } from '../command.ts';

export const buildVerify = defineCommand({
  name: 'build verify',
  summary: 'check what was kept of a build, byte for byte: signature, files, log, bill of materials',
  details: 'Ends with a failure when a single byte has changed, or the provenance was signed by another key.',
  args: [{ form: '<digest>', help: 'digest of the artifact, or id of the build' }],
  async run(input, context) {
    const build = await buildOf(input.args[0] as string, context);
    const found = await context.client().verifyBuild(build);
    if (!found.ok) throw unsound(build, found);
    return { build, ...found };
  },
  render: ({ build, artifact, key, checks }, style) => [
    `${style.good('sound')}  ${style.bold(build)}  ${artifact}`,
    ...style.table(
      checks.map(({ name, digest }) => [style.good('ok'), name, style.dim(digest)]),
      ['', 'file', 'digest'],
    ),
    style.dim(`signed by ${key}`),
  ],
});

export const buildSbom = defineCommand({
  name: 'build sbom',
  summary: 'the bill of materials of a build, CycloneDX 1.6 as JSON',
  args: [{ form: '<digest>', help: 'digest of the artifact, or id of the build' }],
  run: async (input, context) => context.client().getSbom(await buildOf(input.args[0] as string, context)),
  render: (bom) => JSON.stringify(bom, null, 2).split('\n'),
});

export const buildReport = defineCommand({
  name: 'build report',
  summary: 'what the tests of a build said: counts, failed ones by name, coverage',
  args: [{ form: '<id>', help: 'id of the build' }],
  run: (input, context) => context.client().getBuildReport(input.args[0] as string),
  render: renderReport,
});

export const buildCancel = defineCommand({
  name: 'build cancel',
  summary: 'end a build and its sandbox',
  args: [{ form: '<id>', help: 'id of the build' }],
  run: (input, context) => context.client().cancelBuild(input.args[0] as string),
  render: ({ id, state }: BuildView) => [`${id}  ${state}`],
});

async function buildOf(name: string, context: CommandContext): Promise<string> {
  if (!name.startsWith('sha256:')) return name;
  const { builds } = await context.client().listBuilds({ artifact: name, limit: 1 });
  const [newest] = builds;
  if (newest === undefined)
    throw new SlowLaneError('build.not-found', `no build made the artifact ${name}`, {
      hint: 'It takes the whole digest of an artifact set: see slowlane build ls --json.',
    });
  return newest.id;
}

function unsound(build: string, { checks }: BuildVerification): SlowLaneError {
  const wrong = checks.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]));
  return new SlowLaneError('artifact.corrupt', `${build} is not what was built: ${wrong.join('; ')}`, {
    hint: 'Build it again, and find out who can write to the store.',
    data: { checks },
  });
}

function renderReport({ tests, coverage }: BuildReport, style: Style): string[] {
  return [
    ...(tests === undefined
      ? ['no tests ran']
      : [
          `tests      ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`,
          ...tests.failedNames.map((name) => `           ${style.bad(name)}`),
        ]),
    ...(coverage === undefined
      ? []
      : [
          `coverage   ${coveragePercent(coverage).toFixed(1)} % of ${coverage.total} lines` +
            (coverage.minimum === undefined ? '' : `, at least ${coverage.minimum} %`),
        ]),
  ];
}
