import type { BuildState } from '@slowlane/contracts';
import { isBuildTerminal, SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { builtBranch } from './built-branch.ts';
import { followBuild } from './follow-build.ts';
import { branchOf, type HookMessage, isDelete, type RefUpdate } from './hook-message.ts';
import type { HookDeps, HookSession } from './hook-server.ts';
import { packOf } from './pack-of.ts';
import { showFailure } from './show-failure.ts';

/**
 * Judges a push before git takes it: builds the branch that the pipeline builds, and gives the exit code of the hook. 0 = what was built is
 * published. The build belongs to the service, not to the push: a client that goes away changes nothing for it.
 */
export async function preReceive(message: HookMessage, session: HookSession, deps: HookDeps): Promise<number> {
  const { pipeline } = session.ticket;
  const branch = await builtBranch(deps.pipelines, pipeline);
  const update = judgeRefs(message.updates, { branch, pipeline, show: session.show });
  if (update === undefined) return 0;

  await importCommit(update.new, message, { session, deps });
  if (session.signal.aborted) return 1;
  const buildId = await startBuild(update, session, deps);
  const end = await followBuild(deps.builds, buildId, { show: session.show, until: isJudged, signal: session.signal });
  if (end === undefined) {
    await deps.builds.confirmPush(buildId, 'aborted');
    return 1;
  }
  session.ticket.lastLine = end.after;
  const { state, failure } = end.record;
  if (state !== 'failed' && state !== 'cancelled') return 0;
  if (failure !== undefined) showFailure(session, failure);
  else session.show(`build ${buildId} was cancelled`);
  session.show(`build: slowlane build show ${buildId}`);
  return 1;
}

/** From `published` on the push may be taken: all that is left is to register the job. */
function isJudged(state: BuildState): boolean {
  return isBuildTerminal(state) || state === 'published' || state === 'registering';
}

/** Refuses what may not be pushed, says what will not be built, and gives the one update that will. */
function judgeRefs(
  updates: readonly RefUpdate[],
  { branch, pipeline, show }: { branch: string; pipeline: string; show(line: string): void },
): RefUpdate | undefined {
  let built: RefUpdate | undefined;
  for (const update of updates) {
    const name = branchOf(update);
    if (name === undefined) {
      throw new SlowLaneError('source.refused', `${update.ref} cannot be pushed: only branches are taken`, {
        hint: `Push a branch: git push <remote> HEAD:${branch}`,
      });
    }
    if (name === branch && isDelete(update)) {
      throw new SlowLaneError('source.refused', `${branch} cannot be deleted: it is what ${pipeline} builds`, {
        hint: 'Build another branch first: source.ref in the pipeline file.',
      });
    }
    if (name === branch) built = update;
    else if (!isDelete(update)) show(`${name} is kept, but not built: ${pipeline} builds ${branch}`);
  }
  return built;
}

async function importCommit(
  commit: string,
  message: HookMessage,
  { session, deps }: { session: HookSession; deps: HookDeps },
): Promise<void> {
  const { pipeline } = session.ticket;
  const { pack, done } = packOf(commit, {
    gitPath: deps.gitPath,
    repository: deps.repositories.pathOf(pipeline),
    objectFolder: message.objectFolder,
  });
  await Promise.all([deps.importPush(pipeline, commit, pack), done]);
}

async function startBuild(update: RefUpdate, session: HookSession, deps: HookDeps): Promise<string> {
  const { pipeline, principal } = session.ticket;
  const revision = await deps.pipelines.get(pipeline);
  const record = await deps.builds.start({
    id: newId('bld'),
    correlationId: newId('cor'),
    pipeline,
    revision: revision?.revision,
    source: { kind: 'mirror', pipeline, ref: update.ref, commit: update.new },
    purpose: { kind: 'push', pushId: newId('push') },
    principal,
    language: undefined,
    driver: undefined,
  });
  session.ticket.buildId = record.id;
  session.show(`build ${record.id} of ${pipeline} at ${update.new.slice(0, 8)} (trace: ${record.correlationId})`);
  return record.id;
}
