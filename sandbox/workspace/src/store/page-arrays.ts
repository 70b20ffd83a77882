import { invalidParameter } from '../http/api-error.ts';

const pageSize = 100;

/**
 * Long arrays of one object, 100 elements of each per page; those that have ended are empty on later pages. `next_page_token` is there
 * while one of them goes on.
 */
export function pageArrays(
  shown: Record<string, unknown>,
  fields: readonly string[],
  token: string | undefined,
): Record<string, unknown> {
  const from = readOffset(token);
  const paged: Record<string, unknown> = { ...shown };
  let goesOn = false;
  for (const field of fields) {
    const all = shown[field];
    if (!Array.isArray(all)) continue;
    paged[field] = all.slice(from, from + pageSize);
    goesOn ||= all.length > from + pageSize;
  }
  return goesOn ? { ...paged, next_page_token: offsetToken(from + pageSize) } : paged;
}

function offsetToken(offset: number): string {
  return Buffer.from(`o-${offset}`, 'latin1').toString('base64url');
}

function readOffset(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  const match = /^o-([0-9]{1,6})$/.exec(Buffer.from(token, 'base64url').toString('latin1'));
  if (match === null) throw invalidParameter(`Invalid page token: ${token.slice(0, 100)}`);
  return Number(match[1]);
}
