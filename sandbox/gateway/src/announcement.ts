/** How strong a checksum is: the strongest that is there is what a file was checked by. */
export const checksumKinds = ['sha512', 'sha256', 'sha1', 'md5'] as const;
export type ChecksumKind = (typeof checksumKinds)[number];

/** What a registry says of a file's bytes; `sum` is hex in lower case, of `h1` the whole text as it stands in a `go.sum`. */
export interface Announcement {
  kind: ChecksumKind | 'h1';
  sum: string;
}

/** One that the bytes alone are held against. */
export interface Checksum extends Announcement {
  kind: ChecksumKind;
}

const strength = ['sha512', 'sha256', 'h1', 'sha1', 'md5'] as const satisfies readonly Announcement['kind'][];

const digits: Record<ChecksumKind, number> = { sha512: 128, sha256: 64, sha1: 40, md5: 32 };

/** Reads a checksum out of a header or a checksum file, where it may stand beside the file's name. */
export function readChecksum(kind: ChecksumKind, text: string | undefined): Checksum | undefined {
  const hex = new RegExp(`(?<![0-9a-f])[0-9a-f]{${digits[kind]}}(?![0-9a-f])`, 'i').exec(text ?? '')?.[0];
  return hex === undefined ? undefined : { kind, sum: hex.toLowerCase() };
}

/** Checksums that a repository manager gives with the file itself. */
export function announcedByHeaders(headers: Readonly<Record<string, string | undefined>>): Announcement[] {
  return checksumKinds.flatMap((kind) => readChecksum(kind, headers[`x-checksum-${kind}`]) ?? []);
}

export function strongestOf(announcements: readonly Announcement[]): Announcement['kind'] | undefined {
  return strength.find((kind) => announcements.some((one) => one.kind === kind));
}

/** Collision-resistant: nothing else needs to be asked for. */
export function isStrong(kind: Announcement['kind'] | undefined): boolean {
  return kind === 'sha512' || kind === 'sha256' || kind === 'h1';
}
