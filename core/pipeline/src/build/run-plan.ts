import { putJson } from '@slowlane/artifacts';
import {
  type BuildPlan,
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
import { judgeEnd } from './judge-end.ts';
import { runStep } from './run-step.ts';
import { readMarker, servedIn, unpackSource, writeMarker } from './work-folder.ts';

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
  /** See `PluginManifest.layouts`. */
  layouts?: Record<string, string[]>;
  /** Key of the snapshot that the work volume was restored from, if there was one. */
  snapshotKey: string;
  /** Epoch milliseconds at which the whole build must have ended. */
  deadlineAt: number;
}

export interface PlanResult {
  /** What the gateway served for the dependency set that was built with. */
  served: ServedFile[];
  /** Whether the caches came from an earlier build. */
  warm: boolean;
}

/**
 * Carries out a plan. With a known dependency set the build is tried without network first; a miss, or an unknown set, runs the resolve phase
 * with the gateway, whose caches are kept for the next build. Throws the first failure.
 */
export async function runPlan(context: StageContext, run: PlanRun): Promise<PlanResult> {
  const resolves = run.plan.steps.some((step) => step.phase === 'resolve');
  if (!resolves) {
    await buildOffline(context, run, 'no dependencies');
    return { served: [], warm: false };
  }
  const known = await readMarker(run.sandbox);
  if (known !== undefined) {
    const end = await buildOffline(context, run, 'dependencies known');
    if (end === 'built') return { served: (await servedIn(context.deps.blobs, known)) as ServedFile[], warm: true };
    await context.log.say('a dependency is not in the cache: it is resolved now');
    await run.sandbox.killAll();
  }
  const served = await resolve(context, run);
  if ((await buildOffline(context, run, 'dependencies resolved')) === 'built') return { served, warm: false };
  throw new Error('a miss after the resolve phase is judged as a failure');
}

async function resolve(context: StageContext, run: PlanRun): Promise<ServedFile[]> {
  const { deps, log } = context;
  const { sandbox } = run;
  await unpackSource(sandbox, deps.blobs, run);
  const door = await deps.gateway.open({
    id: sandbox.id,
    registries: run.registries,
    ...(run.layouts === undefined ? {} : { layouts: run.layouts }),
  });
  try {
    for (const step of stepsOf(run.plan, 'resolve')) {
      const failure = await carryOut(context, run, {
        step,
        net: { mode: 'gateway', socketPath: door.socketPath },
        how: `with ${run.registries.join(', ') || 'no registry'}`,
        denied: () => door.denied(),
      });
      if (failure !== undefined) throw failure.error;
    }
    await sandbox.killAll();
    const served = door.served();
    await writeMarker(sandbox, (await putJson(deps.blobs, served)).digest);
    await sandbox.killAll();
    await keepSnapshot(context, run);
    await log.say(`${served.length} files from ${run.registries.join(', ')}`);
    return served;
  } finally {
    await door.close();
  }
}

/** Without the copy the next build resolves again: no reason to fail this one. */
async function keepSnapshot({ deps, record }: StageContext, { sandbox, snapshotKey }: PlanRun): Promise<void> {
  await sandbox.snapshot(snapshotKey).catch((error: unknown) => {
    deps.logger.warn({ build: record.id, failure: failureOf(error) }, 'the resolved dependencies could not be kept');
  });
}

/** `miss` only where a resolve phase can still follow. */
async function buildOffline(
  context: StageContext,
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
  { deps, log, signal }: StageContext,
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
