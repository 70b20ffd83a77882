import {
  type BuildPlan,
  type DependencyUse,
  type Digest,
  failureOf,
  type PlanStep,
  type Sandbox,
  type SandboxLimits,
  type ServedFile,
  SlowLaneError,
} from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';
import type { StageContext } from '../stage-context.ts';
import {
  defaultMaxAgeMs,
  type DependencyRecord,
  isFloating,
  keepRecord,
  readRecord,
  whyAgain,
} from './dependency-record.ts';
import { judgeEnd } from './judge-end.ts';
import { unverifiedIn, withProxy } from './proxy-settings.ts';
import { runStep } from './run-step.ts';
import { readMarker, unpackSource, wipeHome, writeMarker } from './work-folder.ts';

export interface PlanRun {
  plan: BuildPlan;
  sandbox: Sandbox;
  limits: SandboxLimits;
  /** Values of the placeholders in argv and environment. */
  values: Record<string, string>;
  /** Blob: tar of the project tree. */
  archive: Digest;
  /** Registries that the resolve phase may ask. */
  registries: readonly string[];
  /** `host:port` that tools may reach past the registries. */
  connect?: readonly string[];
  /** See `PluginManifest.layouts`. */
  layouts?: Record<string, string[]>;
  /** Key of the snapshot that the work volume was restored from, if there was one. */
  snapshotKey: string;
  /** Known sets are not used. */
  refresh?: boolean;
  /** Age from which a floating set is resolved again, in milliseconds; default a day. */
  maxAgeMs?: number;
  /** Epoch milliseconds at which the whole build must have ended. */
  deadlineAt: number;
}

/** The part of a stage's context that carrying out a plan needs. */
export interface PlanContext {
  deps: Pick<StageContext['deps'], 'blobs' | 'gateway' | 'clock' | 'logger'>;
  record: Pick<StageContext['record'], 'id'>;
  signal: AbortSignal;
  log: StageContext['log'];
}

export interface PlanResult {
  /** What the gateway served for the dependency set that was built with. */
  served: ServedFile[];
  /** Whether the caches came from an earlier build. */
  warm: boolean;
  /** Absent for a plan without a resolve phase. */
  dependencies?: DependencyUse;
}

interface KnownSet {
  digest: Digest;
  record: DependencyRecord;
}

/**
 * Carries out a plan. With a known dependency set the build is tried without network first; a miss, or a set that is unknown or too old, runs the
 * resolve phase with the gateway, whose caches are kept for the next build. Throws the first failure.
 */
export async function runPlan(context: PlanContext, run: PlanRun): Promise<PlanResult> {
  const resolves = run.plan.steps.some((step) => step.phase === 'resolve');
  if (!resolves) {
    await buildOffline(context, run, 'no dependencies');
    return { served: [], warm: false };
  }
  const known = await knownSet(context, run);
  const again = known === undefined ? undefined : whyNot(context, run, known);
  if (known !== undefined && again === undefined) {
    const reused = useOf(run, known, 'reused', 'the dependency files are unchanged');
    await context.log.say(tell(reused));
    if ((await buildOffline(context, run, 'dependencies known')) === 'built')
      return { served: known.record.served, warm: true, dependencies: reused };
    await run.sandbox.killAll();
  }
  const why = known === undefined ? firstTime(run) : (again ?? 'a dependency is not in the set that was known');
  return resolveAndBuild(context, run, why);
}

async function resolveAndBuild(context: PlanContext, run: PlanRun, why: string): Promise<PlanResult> {
  await context.log.say(`dependencies are resolved: ${why}`);
  const resolved = await resolve(context, run);
  const dependencies = useOf(run, resolved, 'resolved', why);
  await context.log.say(tell(dependencies));
  if ((await buildOffline(context, run, 'dependencies resolved')) === 'built')
    return { served: resolved.record.served, warm: false, dependencies };
  throw new Error('a miss after the resolve phase is judged as a failure');
}

/** A set whose record is gone is as unknown as none: the provenance could not say what was used. */
async function knownSet({ deps }: PlanContext, { sandbox }: PlanRun): Promise<KnownSet | undefined> {
  const digest = await readMarker(sandbox);
  const record = digest === undefined ? undefined : await readRecord(deps.blobs, digest);
  return digest === undefined || record === undefined ? undefined : { digest, record };
}

function whyNot({ deps }: PlanContext, run: PlanRun, { record }: KnownSet): string | undefined {
  if (run.refresh === true) return refreshed;
  return whyAgain(record, { now: deps.clock.now(), maxAgeMs: run.maxAgeMs ?? defaultMaxAgeMs });
}

const refreshed = 'a refresh was asked for';

function firstTime({ refresh }: PlanRun): string {
  return refresh === true ? refreshed : 'the first build with these dependency files and tools';
}

function useOf(run: PlanRun, { digest, record }: KnownSet, how: DependencyUse['how'], why: string): DependencyUse {
  const { served, resolvedAt } = record;
  return {
    ...{ key: run.snapshotKey, how, why, resolvedAt },
    files: served.length,
    floating: isFloating(record),
    record: digest,
  };
}

function tell({ key, how, files, floating, resolvedAt }: DependencyUse): string {
  const since = new Date(resolvedAt).toISOString();
  return `dependency set ${key.slice(0, 19)} ${how}: ${files} files of ${since}${floating ? ', versions may change' : ''}`;
}

async function resolve(context: PlanContext, run: PlanRun): Promise<KnownSet> {
  const { deps, log } = context;
  const { sandbox, connect = [] } = run;
  await wipeHome(sandbox);
  await unpackSource(sandbox, deps.blobs, run);
  const door = await deps.gateway.open({
    id: sandbox.id,
    registries: run.registries,
    ...(run.layouts === undefined ? {} : { layouts: run.layouts }),
    connect,
  });
  try {
    for (const planned of stepsOf(run.plan, 'resolve')) {
      const step = connect.length === 0 ? planned : withProxy(planned);
      const failure = await carryOut(context, run, {
        step,
        net: { mode: 'gateway', socketPath: door.socketPath },
        how: `with ${[...run.registries, ...connect].join(', ') || 'no registry'}`,
        denied: () => door.denied(),
      });
      if (failure !== undefined) throw failure.error;
    }
    await sandbox.killAll();
    const record = { served: door.served(), resolvedAt: deps.clock.now() };
    const digest = await keepRecord(deps.blobs, record);
    await writeMarker(sandbox, digest);
    await sandbox.killAll();
    await keepSnapshot(context, run);
    await log.say(`${record.served.length} files from ${run.registries.join(', ')}`);
    await log.lines(unverifiedIn(door.tunnels?.() ?? []));
    return { digest, record };
  } finally {
    await door.close();
  }
}

/** Without the copy the next build resolves again: no reason to fail this one. */
async function keepSnapshot({ deps, record }: PlanContext, { sandbox, snapshotKey }: PlanRun): Promise<void> {
  await sandbox.snapshot(snapshotKey).catch((error: unknown) => {
    deps.logger.warn({ build: record.id, failure: failureOf(error) }, 'the resolved dependencies could not be kept');
  });
}

/** `miss` only where a resolve phase can still follow. */
async function buildOffline(
  context: PlanContext,
  run: PlanRun,
  why: 'no dependencies' | 'dependencies known' | 'dependencies resolved',
): Promise<'built' | 'miss'> {
  await unpackSource(run.sandbox, context.deps.blobs, run);
  for (const step of stepsOf(run.plan, 'build', 'test')) {
    const how = `no network, ${why}`;
    const failure = await carryOut(context, run, { step, net: { mode: 'none' }, how, denied: () => [] });
    if (failure === undefined) continue;
    if (failure.isMiss && why === 'dependencies known') return 'miss';
    throw failure.error;
  }
  return 'built';
}

async function carryOut(
  { deps, log, signal }: PlanContext,
  run: PlanRun,
  {
    step,
    net,
    how,
    denied,
  }: {
    step: PlanStep;
    net: Parameters<typeof runStep>[2]['net'];
    how: string;
    denied: () => readonly { path: string; reason: string }[];
  },
): Promise<{ error: SlowLaneError; isMiss: boolean } | undefined> {
  const beganAt = deps.clock.now();
  if (beganAt >= run.deadlineAt) throw new SlowLaneError('build.timeout', `no time left for step "${step.name}"`);
  await log.lines([`--> ${step.name} (${step.phase}, ${how})`]);
  const { end, watch } = await runStep(run.sandbox, step, { net, values: run.values, log });
  signal.throwIfAborted();
  const error = judgeEnd({ step, end, watch, denied: denied(), limits: run.limits });
  if (error !== undefined)
    await log.lines(
      denied()
        .slice(0, 10)
        .map(({ path, reason }) => `    gateway: ${path}: ${reason}`),
    );
  const took = formatDuration(deps.clock.now() - beganAt);
  await log.lines([`<-- ${step.name}: ${error === undefined ? 'done' : error.code}  ${took}`]);
  return error === undefined ? undefined : { error, isMiss: watch.isMiss && end.reason === 'exit' };
}

function stepsOf(plan: BuildPlan, ...phases: PlanStep['phase'][]): PlanStep[] {
  return phases.flatMap((phase) => plan.steps.filter((step) => step.phase === phase));
}
