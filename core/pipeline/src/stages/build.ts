import { randomBytes } from 'node:crypto';
import { putBytes, putJson, readJsonBlob, sbomOf, signProvenance } from '@slowlane/artifacts';
import {
  type ArtifactSet,
  BuildPlan,
  type BuildRecord,
  type BuildReport,
  type Digest,
  type PipelineFile,
  type PluginManifest,
  type Sandbox,
  type SandboxLimits,
  SlowLaneError,
} from '@slowlane/contracts';
import { type Coverage, coveragePercent, formatBytes, type JUnitReport, parseDuration } from '@slowlane/kit';
import { limitsFor } from '../build/build-limits.ts';
import { artifactOf, collectOutputs, type Outputs } from '../build/collect-outputs.ts';
import { dependencyKey } from '../build/dependency-set.ts';
import { provenanceOf } from '../build/provenance-of.ts';
import { type PlanResult, runPlan } from '../build/run-plan.ts';
import { checkPlan } from '../check-plan.ts';
import { checkTrust, tellTrust } from '../check-trust.ts';
import { keepLog } from '../keep-log.ts';
import { manifestOf } from '../manifest-of.ts';
import { need } from '../need.ts';
import { pipelineOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';

/**
 * Time stamps inside artifacts (SOURCE_DATE_EPOCH): a constant, because builds do not see the commit, and the same tree in another commit must
 * give the same bytes. 2023-11-14, late enough for every archive format.
 */
const sourceDateEpoch = 1_700_000_000;

/** Carries out the plan in a sandbox of its own, and takes the one artifact and its companions out of it. */
export async function build(context: StageContext): Promise<void> {
  const { deps, record, log } = context;
  if (record.found.cachedFrom !== undefined) return;
  await deps.builds.advance(record.id, 'building', {});
  const work = await prepare(context);
  const { sandbox, limits } = work;
  const startedAt = deps.clock.now();
  const deadline = endAtDeadline(sandbox, context.signal, limits.wallMs);
  try {
    await log.say(`${deps.sandbox.kind} sandbox, ${formatBytes(limits.memoryBytes)}, ${limits.cpus} processors`);
    const result = await run(context, work);
    await sandbox.killAll();
    const outputs = await collectOutputs(sandbox, work.plan, { blobs: deps.blobs, maxBytes: limits.workBytes });
    const report = await keepReport(context, outputs, work.file.build.coverage?.minimum);
    if (outputs.tests !== undefined) await reportTests(context, outputs.tests);
    await reportCoverage(context, outputs.coverage, work.file.build.coverage?.minimum);
    const set = artifactOf(outputs, work.plan);
    await log.say(`${set.primary.name} (${formatBytes(set.primary.size)}), ${set.companions.length} companions`);
    const trust = await checkTrust(deps, { plan: work.plan, set, bundle: outputs.bundle });
    if (trust !== undefined) await log.say(tellTrust(trust));
    const endedAt = deps.clock.now();
    const kept = {
      ...report,
      sbom: await keepSbom(context, { ...work, ...result, set, endedAt }),
      log: await keepLog(deps, record.id),
    };
    const { dependencies } = result;
    const facts = { ...work, ...result, set, ...kept, ...(trust === undefined ? {} : { trust }), startedAt, endedAt };
    const provenance = await putJson(deps.blobs, signProvenance(provenanceOf(context, facts), deps.signingKey));
    await deps.builds.advance(record.id, 'building', {
      ...{ set, provenance: provenance.digest, ...kept },
      ...(dependencies === undefined ? {} : { dependencies }),
    });
  } finally {
    deadline.clear();
    await sandbox.destroy();
  }
}

interface Work {
  file: PipelineFile;
  plan: BuildPlan;
  registries: string[];
  layouts?: NonNullable<PluginManifest['layouts']>;
  limits: SandboxLimits;
  snapshotKey: string;
  sandbox: Sandbox;
}

async function prepare({ deps, record, signal }: StageContext): Promise<Work> {
  const file = await pipelineOf(deps, record);
  const plan = BuildPlan.parse(await readJsonBlob(deps.blobs, need(record.found.plan, 'plan')));
  const manifest = await manifestOf(deps.plugins, plan.plugin);
  const checks = { manifest, file, policy: deps.policy, toolchains: deps.toolchains };
  const registries = checkPlan(plan, { ...checks, registries: Object.keys(deps.gateway.upstreams()) });
  const limits = limitsFor(file, deps.limits);
  const snapshotKey = await dependencyKey(deps.blobs, {
    zone: deps.zone,
    pipeline: record.pipeline,
    plugin: manifest,
    toolchain: deps.root().digest,
    plan,
    sourceArchive: need(record.found.sourceArchive, 'source archive'),
    connect: connectOf(file),
  });
  const sandbox = await deps.sandbox.create(
    {
      id: sandboxId(record),
      root: deps.root(),
      mounts: [],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/work/home', LANG: 'C.UTF-8', TZ: 'UTC' },
      limits,
      work: { kind: 'volume', restore: snapshotKey },
      identity: 'slot',
    },
    signal,
  );
  const { layouts } = manifest;
  return { file, plan, registries, ...(layouts === undefined ? {} : { layouts }), limits, snapshotKey, sandbox };
}

/** `host:port` of all hosts that the pipeline asks for. */
function connectOf({ build: { connect = [] } }: PipelineFile): string[] {
  return connect.map((host) => (host.includes(':') ? host : `${host}:443`));
}

/** A build that is repeated after a crash must not meet its own leftovers. */
function sandboxId(record: BuildRecord): string {
  return `${record.id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, 31)}-${randomBytes(4).toString('hex')}`;
}

function run(
  context: StageContext,
  { file, plan, sandbox, limits, registries, layouts, snapshotKey }: Work,
): Promise<PlanResult> {
  const values = {
    sourceDateEpoch: String(sourceDateEpoch),
    memoryMb: String(Math.floor(limits.memoryBytes / 1_048_576)),
    cpus: String(limits.cpus),
  };
  const archive = need(context.record.found.sourceArchive, 'source archive');
  const deadlineAt = context.deps.clock.now() + limits.wallMs;
  const running = runPlan(context, {
    ...{ plan, sandbox, limits, values, archive, registries, snapshotKey, deadlineAt },
    ...(layouts === undefined ? {} : { layouts }),
    connect: connectOf(file),
    ...(context.record.refresh === true && { refresh: true }),
    ...(file.build.refresh_after === undefined ? {} : { maxAgeMs: parseDuration(file.build.refresh_after) }),
  });
  return running.catch(async (failure: unknown) => {
    context.signal.throwIfAborted();
    await reportFailedTests(context, { plan, sandbox, limits }, failure);
    throw failure;
  });
}

/** Time of the whole build, over all its steps; also the way out on a cancel. */
function endAtDeadline(sandbox: Sandbox, signal: AbortSignal, ms: number): { clear(): void } {
  const end = (): void => void sandbox.killAll().catch(() => undefined);
  const timer = setTimeout(end, ms);
  signal.addEventListener('abort', end, { once: true });
  return {
    clear() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    },
  };
}

async function keepSbom(
  { deps, record }: StageContext,
  { set, plan, served, endedAt }: Pick<Work, 'plan'> & PlanResult & { set: ArtifactSet; endedAt: number },
): Promise<Digest> {
  const { commit } = record.found;
  const { pipeline } = record;
  const text = await sbomOf({
    set,
    pipeline,
    ...(commit === undefined ? {} : { commit }),
    served,
    tools: plan.tools,
    at: endedAt,
  });
  return (await putBytes(deps.blobs, text)).digest;
}

/** What the tests said, whole, also of a build that fails by it. */
async function keepReport(
  { deps, record }: StageContext,
  { tests, coverage }: Pick<Outputs, 'tests' | 'coverage'>,
  minimum: number | undefined,
): Promise<{ report?: Digest }> {
  if (tests === undefined && coverage === undefined) return {};
  const { digest } = await putJson(deps.blobs, {
    ...(tests === undefined ? {} : { tests }),
    ...(coverage === undefined ? {} : { coverage: { ...coverage, ...(minimum === undefined ? {} : { minimum }) } }),
  } satisfies BuildReport);
  await deps.builds.advance(record.id, 'building', { report: digest });
  return { report: digest };
}

/** Tests that fail without failing the tool (a setting of the project) fail the build all the same. */
async function reportTests({ deps, record, log }: StageContext, tests: JUnitReport): Promise<void> {
  const { passed, failed, skipped } = tests;
  await log.say(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  await deps.builds.advance(record.id, 'building', { tests: { passed, failed, skipped } });
  if (failed > 0) throw testsFailed(tests);
}

/** Only where the pipeline file asks: measuring costs time. Throws `build.coverage-low`. */
async function reportCoverage(
  { deps, record, log }: StageContext,
  coverage: Coverage | undefined,
  minimum: number | undefined,
): Promise<void> {
  if (minimum === undefined) return;
  if (coverage === undefined)
    throw new SlowLaneError('build.coverage-low', 'no coverage was measured: the tests wrote no report', {
      hint: 'Add tests; check that the build does not replace the arguments that its tests are started with (argLine).',
    });
  const percent = coveragePercent(coverage);
  const found = `${percent.toFixed(1)} % (${coverage.covered} of ${coverage.total})`;
  await log.say(`coverage: ${found}, at least ${minimum} % is asked for`);
  await deps.builds.advance(record.id, 'building', { coverage });
  if (percent < minimum)
    throw new SlowLaneError('build.coverage-low', `the tests cover ${found}, at least ${minimum} % is asked for`);
}

async function reportFailedTests(
  context: StageContext,
  { plan, sandbox, limits }: Pick<Work, 'plan' | 'sandbox' | 'limits'>,
  failure: unknown,
): Promise<void> {
  if (!(failure instanceof SlowLaneError) || failure.code !== 'build.tests-failed') return;
  await sandbox.killAll();
  const { tests } = await collectOutputs(sandbox, plan, {
    blobs: context.deps.blobs,
    maxBytes: limits.workBytes,
    reportsOnly: true,
  });
  if (tests === undefined) return;
  await keepReport(context, { tests, coverage: undefined }, undefined);
  await reportTests(context, tests);
}

function testsFailed({ passed, failed, failedNames }: JUnitReport): SlowLaneError {
  return new SlowLaneError(
    'build.tests-failed',
    `${failed} of ${passed + failed} tests failed: ${failedNames.join(', ')}`,
    {
      data: { failed: failedNames },
    },
  );
}
