import { type BuildLane, type BuildRecord, failureOf, isBuildTerminal, type Logger } from '@slowlane/contracts';
import type { Repositories } from './repositories.ts';

const looked = 500;

/**
 * Settles pushes whose end nobody saw because the service was killed: the repository tells whether git took them. Without an answer
 * their builds would wait for ever.
 */
export async function reconcilePushes(deps: {
  builds: BuildLane;
  repositories: Repositories;
  logger: Logger;
}): Promise<void> {
  for (const record of await deps.builds.list(looked)) {
    if (record.purpose.kind !== 'push' || isBuildTerminal(record.state)) continue;
    try {
      if ((await deps.builds.pushOutcome(record.id)) !== undefined) continue;
      await deps.builds.confirmPush(record.id, (await isTaken(record, deps.repositories)) ? 'completed' : 'aborted');
    } catch (error) {
      deps.logger.warn({ failure: failureOf(error), build: record.id }, 'a push of the last life could not be settled');
    }
  }
}

async function isTaken({ source }: BuildRecord, repositories: Repositories): Promise<boolean> {
  if (source.kind !== 'mirror' || !(await repositories.exists(source.pipeline))) return false;
  return repositories.holds(source.pipeline, source.ref.replace(/^refs\/heads\//, ''), source.commit);
}
