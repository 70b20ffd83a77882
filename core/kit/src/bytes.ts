const unitBytes: Record<string, number> = { k: 1_024, m: 1_048_576, g: 1_073_741_824 };

/** `512m`, `4g` -> bytes (powers of 1,024). Throws a RangeError for any other form: schemas check it before. */
export function parseBytes(text: string): number {
  const match = /^([1-9][0-9]{0,6})(k|m|g)$/.exec(text);
  if (match === null) throw new RangeError(`not a size: ${text}`);
  return Number(match[1]) * (unitBytes[match[2] as string] as number);
}

/** Bytes for people: `812 B`, `14.2 KiB`, `3.1 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
