/** What an archive may hold before it is refused (`archive.refused`). All in bytes unless the name says otherwise. */
export interface ArchiveLimits {
  /** Sum of the uncompressed sizes. */
  maxBytes: number;
  maxEntries: number;
  /** Uncompressed divided by compressed size; looked at from 1 MiB on, because tiny archives compress absurdly well. */
  maxRatio: number;
  maxPathBytes: number;
}

export const archiveLimits: ArchiveLimits = {
  maxBytes: 512 * 1024 * 1024,
  maxEntries: 20_000,
  maxRatio: 200,
  maxPathBytes: 1024,
};
