import { RequestView } from '@slowlane/contracts';
import type { Caller } from './call.ts';

/** No request has more parts: where the loop ends whatever a service answers. */
const MOST_PARTS = 10_000;

/** The request with all its parts, page by page; everything else is as the first page said. */
export async function getWholeRequest(caller: Caller, id: string): Promise<RequestView> {
  const page = (after?: string): Promise<RequestView> =>
    caller.json(RequestView, `/v1/requests/${encodeURIComponent(id)}`, { query: { after } });
  const { next, ...whole } = await page();
  for (let after = next; after !== undefined && whole.parts.length < MOST_PARTS;) {
    const further = await page(after);
    whole.parts.push(...further.parts);
    after = further.parts.length === 0 ? undefined : further.next;
  }
  return whole;
}
