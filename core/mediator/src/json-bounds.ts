import type { Json } from '@slowlane/contracts';

const deepest = 64;
const longestList = 10_000;

/**
 * What makes a body too wild to be looked at closer: some schema keywords take time that grows with the square of a list (`uniqueItems`), or
 * a stack frame per level. `undefined` when it is within bounds.
 */
export function beyondBounds(value: Json, path = '', depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= deepest) return `${path.slice(0, 200) || 'the body'}: nested more than ${deepest} levels deep`;
  if (Array.isArray(value) && value.length > longestList) {
    return `${path || 'the body'}: a list of ${value.length} elements, the most is ${longestList}`;
  }
  for (const [key, member] of Object.entries(value)) {
    const found = beyondBounds(member, `${path}/${key}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
