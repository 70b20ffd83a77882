import { isBuildTerminal } from '@slowlane/contracts';
import { followBuild } from './follow-build.ts';
import type { HookMessage } from './hook-message.ts';
import type { HookDeps, HookSession } from './hook-server.ts';
import { showFailure } from './show-failure.ts';

/** git has taken the push: the job may be registered. Shows how that goes; can no longer reject anything. */
export async function postReceive(_message: HookMessage, session: HookSession, deps: HookDeps): Promise<number> {
  const { buildId, lastLine } = session.ticket;
  if (buildId === undefined) return 0;
  await deps.builds.confirmPush(buildId, 'completed');
  const end = await followBuild(deps.builds, buildId, {
    show: session.show,
    until: isBuildTerminal,
    signal: session.signal,
    ...(lastLine === undefined ? {} : { after: lastLine }),
  });
  if (end?.record.failure !== undefined) showFailure(session, end.record.failure);
  return 0;
}
