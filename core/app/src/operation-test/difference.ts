/**
 * What differs between two JSON values, one line per place: `parts/0/document/month: expected 3, got 4`. Empty when they are equal; the order of members does not
 * matter.
 */
export function differences(expected: unknown, got: unknown, path = ''): string[] {
  if (Object.is(expected, got)) return [];
  if (!isContainer(expected) || !isContainer(got) || Array.isArray(expected) !== Array.isArray(got))
    return [`${path || 'value'}: expected ${shown(expected)}, got ${shown(got)}`];
  const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...keys].flatMap((key) => {
    const at = path === '' ? key : `${path}/${key}`;
    if (!Object.hasOwn(got, key)) return [`${at}: missing, expected ${shown(expected[key])}`];
    if (!Object.hasOwn(expected, key)) return [`${at}: not expected, got ${shown(got[key])}`];
    return differences(expected[key], got[key], at);
  });
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
