import type { Failure, PartHold } from '@slowlane/contracts';

/** Words of a workspace are a stranger's. */
const mostLetters = 300;

/** What keeps a submission from its run, where the workspace's interface does: its request limits, an outage, the circuit breaker. */
export function heldByApi(
  workspace: string,
  { code, message }: Pick<Failure, 'code' | 'message'>,
  until: number,
): PartHold {
  return { dimension: `api:${workspace}`, cause: code, reason: message.slice(0, mostLetters), until };
}
