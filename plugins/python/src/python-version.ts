/**
 * Whether a Python of this minor version (`3.12`) satisfies a `Requires-Python` value (`>=3.9,<4`). The micro version is not known, so a bound inside the
 * minor version counts as satisfied; an unknown form too, as installing it will tell.
 *
 * @see https://packaging.python.org/en/latest/specifications/version-specifiers/
 */
export function satisfiesPython(python: string, specifier: string): boolean {
  const minor = numbersOf(python).slice(0, 2);
  return specifier.split(',').every((clause) => {
    const [, operator, text] = /^\s*(~=|===?|!=|<=|>=|<|>)\s*([0-9][0-9.*]*)\s*$/.exec(clause) ?? [];
    return operator === undefined || text === undefined ? true : holds(minor, operator, text);
  });
}

function holds(python: number[], operator: string, text: string): boolean {
  const wanted = numbersOf(text);
  const order = compare(python, wanted.slice(0, 2));
  const isInside = wanted.length > 2;
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      return isInside ? order >= 0 : order > 0;
    case '<=':
      return order <= 0;
    case '<':
      return isInside ? order <= 0 : order < 0;
    case '!=':
      return isInside || order !== 0;
    case '~=':
      return order >= 0 && python[0] === wanted[0] && (!isInside || order === 0);
    default:
      return wanted.length === 1 ? python[0] === wanted[0] : order === 0;
  }
}

function numbersOf(text: string): number[] {
  return text
    .split('.')
    .filter((part) => /^[0-9]+$/.test(part))
    .map(Number);
}

function compare(a: number[], b: number[]): number {
  const at = a.findIndex((part, index) => part !== (b[index] ?? (index === 1 ? 0 : part)));
  return at < 0 ? 0 : (a[at] as number) - (b[at] ?? 0);
}
