import { Digest } from '@slowlane/contracts';
import { z } from 'zod';

/** What is known of one gateway path. Times in epoch milliseconds. */
export const FileRecord = z.object({
  path: z.string(),
  digest: Digest,
  size: z.int().nonnegative(),
  contentType: z.string().optional(),
  lastModified: z.string().optional(),
  etag: z.string().optional(),
  /** Served for ever: another digest under this path is an alarm. */
  immutable: z.boolean(),
  /** By which announcement of the upstream the bytes were checked. */
  checked: z.enum(['sha512', 'sha256', 'h1', 'sha1', 'md5', 'none']),
  fetchedAt: z.int(),
  /** The blob store lost the bytes: fetch them again, and hold them against the digest. */
  lost: z.boolean().optional(),
});
export type FileRecord = z.infer<typeof FileRecord>;

/** The part of a PEP 691 answer that is used. @see https://peps.python.org/pep-0691/ */
export const SimpleProject = z.object({
  name: z.string().optional(),
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
      'requires-python': z.string().nullish(),
      yanked: z.union([z.boolean(), z.string()]).optional(),
      size: z.int().nullish(),
      'upload-time': z.string().nullish(),
      'core-metadata': z.union([z.boolean(), z.record(z.string(), z.string())]).nullish(),
      'dist-info-metadata': z.union([z.boolean(), z.record(z.string(), z.string())]).nullish(),
    }),
  ),
});
export type SimpleProject = z.infer<typeof SimpleProject>;

/** The part of a release that is used. @see https://docs.github.com/rest/releases/releases */
export const GithubRelease = z.object({
  assets: z.array(z.object({ name: z.string(), digest: z.string().nullish() })),
});

/** The part of an answer of the batch API that is used. @see https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
export const LfsBatch = z.object({
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z
        .object({
          download: z.object({ href: z.string(), header: z.record(z.string(), z.string()).nullish() }).optional(),
        })
        .nullish(),
      error: z.object({ message: z.string() }).nullish(),
    }),
  ),
});
export type LfsBatch = z.infer<typeof LfsBatch>;

/** The part of a package's document that is used; what else is in it is passed on. @see https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
export const NpmPackage = z.looseObject({
  versions: z.record(
    z.string(),
    z.looseObject({
      dist: z.looseObject({ tarball: z.string(), integrity: z.string().nullish(), shasum: z.string().nullish() }),
    }),
  ),
});
export type NpmPackage = z.infer<typeof NpmPackage>;
