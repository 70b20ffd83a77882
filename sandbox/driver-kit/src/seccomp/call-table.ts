/** System calls of one processor type. A name that is absent is a call that the type does not have. */
export interface CallTable {
  /** `AUDIT_ARCH_*`. */
  audit: number;
  /** First number of the second call table that shares this architecture value (x32); none elsewhere. */
  foreignFrom?: number;
  /** `O_CREAT | O_TMPFILE` bits that make the mode of an open count. */
  createFlags: number;
  numbers: Readonly<Record<string, number>>;
}

/** Reads `name=number` words. */
export function numbersOf(words: string): Record<string, number> {
  const pairs = words.trim().split(/\s+/);
  return Object.fromEntries(
    pairs.map((pair): [string, number] => {
      const [name = '', number] = pair.split('=');
      return [name, Number(number)];
    }),
  );
}
