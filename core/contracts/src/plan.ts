import { z } from 'zod';
import { artifactKinds } from './artifact.ts';

/** One program started in the sandbox: argv only, never a shell line. `cwd` is relative to the project folder. */
export const PlanStep = z.strictObject({
  name: z.string().min(1).max(60),
  phase: z.enum(['resolve', 'build', 'test']),
  argv: z.array(z.string()).min(1),
  cwd: z.string().default('.'),
  env: z.record(z.string(), z.string()).default({}),
  /** Text on stderr or stdout that means "a dependency is not in the cache": resolve, then try again (linear patterns, matched per line). */
  missPatterns: z.array(z.string()).default([]),
  /** Text that tells a failed dependency (`build.dependency`), failed tests (`build.tests-failed`) or a denied host (`build.egress-denied`) from a broken build. */
  failurePatterns: z
    .array(
      z.strictObject({
        pattern: z.string(),
        code: z.enum(['build.dependency', 'build.tests-failed', 'build.egress-denied']),
      }),
    )
    .default([]),
});
export type PlanStep = z.infer<typeof PlanStep>;

/** A tool the steps need. `source` remembers where the version was read: `project/build.properties`. */
export const ToolRequirement = z.strictObject({
  name: z.string(),
  version: z.string(),
  source: z.string(),
});
export type ToolRequirement = z.infer<typeof ToolRequirement>;

/** What a prebuilt artifact must hold against: its project says it, and the core checks the bytes that it collected. Nothing of it: the bytes served first count. */
export const PlanTrust = z.strictObject({
  /** Of the primary artifact, in lower-case hex. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** A step of the plan has `gpgv` check it with the public keys in this file of the project. */
  openpgp: z.strictObject({ keys: z.string().max(300) }).optional(),
  /** The bundle is left at this path below `/work`; whoever signed has this identity of this provider. */
  sigstore: z
    .strictObject({ bundle: z.string().max(300), identity: z.string().max(1_000), issuer: z.string().max(1_000) })
    .optional(),
});
export type PlanTrust = z.infer<typeof PlanTrust>;

/** A file that the core writes below `/work` before the steps start (generated settings of the tool). */
export const PlanFile = z.strictObject({ path: z.string(), content: z.string().max(65_536) });

/**
 * How to build one project: plain data, the same for the same tree and configuration. Paths inside the sandbox:
 * `/work/src` project tree, `/work/home` caches (kept between phases), `/work/out` free for outputs, `/opt/<tool>` toolchains,
 * `http://127.0.0.1:3128/<registry>/` the gateway while in the resolve phase.
 * Step `env` and `argv` may hold `${sourceDateEpoch}`, `${memoryMb}` and `${cpus}`, filled by the core.
 */
export const BuildPlan = z.strictObject({
  plugin: z.string(),
  /** The artifact was built elsewhere and is only taken from there: the provenance then claims no build. */
  prebuilt: z.boolean().optional(),
  trust: PlanTrust.optional(),
  tools: z.array(ToolRequirement),
  files: z.array(PlanFile).default([]),
  steps: z.array(PlanStep).min(1),
  /** Project files that say what is depended on: their digests name the dependency set. */
  dependencyFiles: z.array(z.string()),
  /** Registries the resolve phase may use. */
  registries: z.array(z.string()),
  /** JUnit XML globs, relative to the project folder. */
  reports: z
    .array(z.strictObject({ kind: z.enum(['junit', 'jacoco', 'scoverage', 'cobertura']), glob: z.string() }))
    .default([]),
  /** Why two builds of the same tree may differ, a sentence each: what the tool itself does not allow to be fixed. Shown in the build's log and report. */
  varies: z.array(z.string()).optional(),
  output: z.strictObject({
    /** Globs relative to `/work`; `exclude` removes candidates that are never the artifact (`-sources.jar`). Exactly one file must remain. */
    primary: z.strictObject({ include: z.array(z.string()).min(1), exclude: z.array(z.string()).default([]) }),
    companions: z
      .strictObject({ include: z.array(z.string()), exclude: z.array(z.string()).default([]) })
      .default({ include: [], exclude: [] }),
    kind: z.enum(artifactKinds),
  }),
});
export type BuildPlan = z.infer<typeof BuildPlan>;
