import { sampleRequest } from '@slowlane/testkit';
import type { Queue } from '../index.ts';

/** A request of the operation `daily` whose parts are at the gate; `needed`: how many of them must succeed. Its id. */
export async function parkRequest({ requests }: Queue, parts: number, needed?: number): Promise<string> {
  const { request } = await requests.accept(sampleRequest());
  await requests.beginMediation(request.id);
  await requests.park(request.id, {
    mediated: {},
    parts: Array.from({ length: parts }, (_, index) => ({ key: `k${index}`, document: {} })),
    claim: { dimensions: { 'op:daily': 1 }, priority: 5 },
    resultPath: '/x',
    needed,
  });
  return request.id;
}

/** Brings a granted part to a run. */
export async function runPart({ requests }: Queue, partId: string): Promise<void> {
  const { fence = 0, part } = (await requests.claim(partId, 'node', 30_000)) ?? {};
  const attempt = part?.attempt ?? 0;
  await requests.intend(partId, fence, { attempt, token: `${partId}-${attempt}` });
  await requests.bind(partId, fence, { runId: `run-${partId}`, runPageUrl: undefined, pollMs: 60_000 });
}
