import { z } from 'zod';

/** The part of what `git-lfs-authenticate` says that is used. @see https://github.com/git-lfs/git-lfs/blob/main/docs/api/authentication.md */
export const LfsAuthentication = z.object({
  href: z.string().max(2_000),
  header: z.record(z.string(), z.string()).nullish(),
});
export type LfsAuthentication = z.infer<typeof LfsAuthentication>;
