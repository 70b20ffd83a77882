import type { SlowLaneClient } from '@slowlane/client';
import type { RequestView } from '@slowlane/contracts';

/** Ten hold all parts of any request, as the service pages them by itself. */
const MOST_PAGES = 100;

/** The part itself, or of a request the first page of parts on which one waits; a request's own state is in each. */
export async function findWaiting(client: SlowLaneClient, id: string): Promise<RequestView> {
  const [request = '', index] = id.split('-');
  if (index !== undefined) {
    const before = Number(index) - 1;
    return client.getRequest(request, { limit: 1, ...(before < 0 ? {} : { after: `${request}-${before}` }) });
  }
  let page = await client.getRequest(request);
  for (let pages = 1; page.next !== undefined && pages < MOST_PAGES; pages += 1) {
    if (page.parts.some(({ wait }) => wait !== undefined)) break;
    page = await client.getRequest(request, { after: page.next });
  }
  return page;
}
