import { failureOf, isBuildTerminal, isTemporary } from '@slowlane/contracts';
import { keepLog } from './keep-log.ts';
import type { StageContext, StageName } from './stage-context.ts';
import type { StageDeps } from './stage-deps.ts';
import { createStageLog } from './stage-log.ts';
import { build } from './stages/build.ts';
import { detect } from './stages/detect.ts';
import { fetchSource } from './stages/fetch.ts';
import { inspect } from './stages/inspect.ts';
import { plan } from './stages/plan.ts';
import { publish } from './stages/publish.ts';
import { register } from './stages/register.ts';

/**
 * One stage of the push lane for one build: the processor of its queue job. It loads the build's record, does its work and advances the
 * record. What the author must correct ends the build (`BuildLane.fail`) and returns quietly; a temporary failure is thrown, so that
 * the queue tries again, and so is the reason of an abort. Every stage may be repeated from its start at any time, and does nothing for a
 * build that has ended.
 */
export type Stage = (buildId: string, signal: AbortSignal) => Promise<void>;

export type Stages = Record<StageName, Stage>;

export function createStages(deps: StageDeps): Stages {
  return {
    fetch: stage('fetch', fetchSource, deps),
    detect: stage('detect', detect, deps),
    plan: stage('plan', plan, deps),
    build: stage('build', build, deps),
    inspect: stage('inspect', inspect, deps),
    publish: stage('publish', publish, deps),
    register: stage('register', register, deps),
  };
}

function stage(name: StageName, work: (context: StageContext) => Promise<void>, deps: StageDeps): Stage {
  return async (buildId, signal) => {
    const record = await deps.builds.get(buildId);
    if (record === undefined || isBuildTerminal(record.state)) return;
    const log = createStageLog({ builds: deps.builds, buildId, stage: name, clock: deps.clock });
    const context: StageContext = { deps, record, signal, log };
    try {
      signal.throwIfAborted();
      await work(context);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      if (isTemporary(thrown)) throw thrown;
      await fail(context, name, thrown);
    }
  };
}

async function fail({ deps, record, log }: StageContext, name: StageName, thrown: unknown): Promise<void> {
  const failure = failureOf(thrown);
  if (failure.kind === 'platform') {
    deps.logger.error(
      { build: record.id, stage: name, failure, error: String((thrown as Error).stack) },
      'build stage',
    );
  }
  await log.say(`failed: ${failure.code}`);
  const now = await deps.builds.get(record.id);
  if (now === undefined || isBuildTerminal(now.state)) return;
  await deps.builds.advance(record.id, now.state, { log: await keepLog(deps, record.id) });
  await deps.builds.fail(record.id, failure);
}
