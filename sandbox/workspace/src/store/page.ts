import { invalidParameter } from '../http/api-error.ts';

/** The place of a row in a list that is sorted by (key, id), newest first. */
export interface Place {
  key: number;
  id: number;
}

export interface PageRequest {
  limit: number;
  /** From this place on, downwards (`after`) or upwards (`before`). */
  from?: { direction: 'after' | 'before'; place: Place };
}

export interface Page<T> {
  items: T[];
  next?: string;
  previous?: string;
}

/** `undefined` for no token; 400 for one that this server did not make. */
export function readPageToken(token: string | undefined): PageRequest['from'] {
  if (token === undefined || token === '') return undefined;
  const match = /^([ab])-([0-9]{1,16})-([0-9]{1,16})$/.exec(Buffer.from(token, 'base64url').toString('latin1'));
  if (match === null) throw invalidParameter(`Invalid page token: ${token.slice(0, 100)}`);
  return { direction: match[1] === 'a' ? 'after' : 'before', place: { key: Number(match[2]), id: Number(match[3]) } };
}

/**
 * Cuts rows to a page. `rows` are up to `limit + 1` rows in reading direction: newest first, or oldest first where the page lies
 * before a place.
 */
export function makePage<T>(rows: T[], request: PageRequest, placeOf: (row: T) => Place): Page<T> {
  const upwards = request.from?.direction === 'before';
  const hasMore = rows.length > request.limit;
  const items = rows.slice(0, request.limit);
  if (upwards) items.reverse();
  const first = items[0];
  const last = items.at(-1);
  const page: Page<T> = { items };
  if (last !== undefined && (upwards || hasMore)) page.next = pageToken('a', placeOf(last));
  if (first !== undefined && (upwards ? hasMore : request.from !== undefined))
    page.previous = pageToken('b', placeOf(first));
  return page;
}

function pageToken(direction: 'a' | 'b', place: Place): string {
  return Buffer.from(`${direction}-${place.key}-${place.id}`, 'latin1').toString('base64url');
}
