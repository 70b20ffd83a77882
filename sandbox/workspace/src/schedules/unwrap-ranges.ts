const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Seconds, minutes, hours, day of month, month, day of week. */
const kinds: readonly { first: number; last: number; names?: readonly string[] }[] = [
  ...[
    { first: 0, last: 59 },
    { first: 0, last: 59 },
    { first: 0, last: 23 },
    { first: 1, last: 31 },
  ],
  ...[
    { first: 1, last: 12, names: months },
    { first: 1, last: 7, names: weekdays },
  ],
];

/** Writes ranges of Quartz that go over the end (`FRI-MON`, `22-2`, `50-10/5`) as the values that they stand for, which croner understands. */
export function unwrapRanges(fields: readonly string[]): string[] {
  return fields.map((field, index) => {
    const kind = kinds[index];
    if (kind === undefined) return field;
    const numberOf = (text: string): number =>
      kind.names?.includes(text) ? kind.names.indexOf(text) + 1 : Number(text);
    return field
      .split(',')
      .map((part) => {
        const [, from = '', to = '', step = '1'] = /^([A-Z0-9]+)-([A-Z0-9]+)(?:\/([0-9]+))?$/.exec(part) ?? [];
        return valuesOver({ ...kind, from: numberOf(from), to: numberOf(to), step: Number(step) }) ?? part;
      })
      .join(',');
  });
}

interface Range {
  first: number;
  last: number;
  from: number;
  to: number;
  step: number;
}

/** `undefined` for a range that does not go over the end, and for one that is none. */
function valuesOver({ first, last, from, to, step }: Range): string | undefined {
  const isRange = [from, to].every((value) => value >= first && value <= last);
  if (!isRange || from <= to || !(step >= 1)) return undefined;
  const size = last - first + 1;
  const values: number[] = [];
  for (let value = from; value <= to + size; value += step) values.push(((value - first) % size) + first);
  return values.join(',');
}
