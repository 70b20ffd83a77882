import { z } from 'zod';

export const PluginId = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case letters and digits, with "-" between');

/** The part of a plugin's `package.json` that says which plugin it is. */
export const PackageJson = z.object({
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  slowlane: z.object({ plugin: PluginId }),
});

/** `__fixtures__/contract.json`: as far as the suite would stumble over it; the rest is held against the contract by the suite itself. */
export const PluginFixtureFile = z.object({
  projects: z.array(
    z.looseObject({
      name: z.string(),
      files: z.record(z.string(), z.string()),
      detect: z.enum(['yes', 'no', 'error']),
    }),
  ),
  artifacts: z.array(
    z.looseObject({
      name: z.string(),
      artifact: z.looseObject({ name: z.string(), companions: z.array(z.looseObject({ name: z.string() })) }),
      expect: z.union([z.object({ main: z.string() }), z.object({ refusal: z.string() })]),
    }),
  ),
});
