/** What an earlier stage must have found: its absence is a fault of ours, never of the author. */
export function need<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the build has no ${name}: an earlier stage did not find it`);
  return value;
}
