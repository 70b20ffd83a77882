import { type ApiToken, type PartRecord, type RequestRecord, SlowLaneError } from '@slowlane/contracts';
import { splitPartId } from '@slowlane/kit';
import type { EndpointDeps } from './endpoint-deps.ts';
import { findParts, findRequest } from './find-request.ts';
import { readTail } from './find-trace.ts';

/** The part that a run belongs to, by the workspace's run id or by the id of the part itself. Throws `run.not-found`. */
export async function findRun(
  deps: EndpointDeps,
  id: string,
  caller: ApiToken,
): Promise<{ request: RequestRecord; part: PartRecord }> {
  const partId = splitPartId(id) === undefined ? await partOfRun(deps, id) : id;
  const named = splitPartId(partId ?? '');
  if (named === undefined || !Number.isSafeInteger(named.index)) throw notFound(id);
  const request = await findRequest(deps, named.requestId, caller);
  const [part] = await findParts(deps, named.requestId, { from: named.index, count: 1 });
  if (part === undefined || part.id !== partId) throw notFound(id);
  return { request, part };
}

async function partOfRun(deps: EndpointDeps, runId: string): Promise<string | undefined> {
  const events = [...(await deps.history.trace(runId)), ...(await readTail(deps))];
  return events.find((event) => event.subject.run === runId)?.subject.part;
}

function notFound(id: string): SlowLaneError {
  return new SlowLaneError('run.not-found', `there is no run ${id}`);
}
