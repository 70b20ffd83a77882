import { z } from 'zod';

/** What is written beside a pinned root file system. */
export const PinnedRecord = z.strictObject({
  v: z.literal(1),
  /** Over packages with their versions and the tar. */
  digest: z.string(),
  tarDigest: z.string(),
  suite: z.string(),
  packages: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  /** Name of the folder beside the record. */
  folder: z.string(),
});
export type PinnedRecord = z.infer<typeof PinnedRecord>;
