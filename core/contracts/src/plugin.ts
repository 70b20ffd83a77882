import { z } from 'zod';
import type { ArtifactManifest, ArtifactView } from './artifact.ts';
import type { BuildPlan } from './plan.ts';
import type { Runtime } from './runtimes.ts';

/**
 * Language plugin, contract 1: data in, data out. A plugin is pure and synchronous; it runs in the plugin host without
 * files, network or environment, and only plans: the sandbox runs. Its folder holds `index.ts detect.ts plan.ts
 * inspect.ts task.ts schema.ts readme.md`, and `index.ts` exports one `LanguagePlugin` named `plugin`.
 *
 * Order of calls per build: `detect` on every plugin, then on the chosen one `plan`, `inspect`, `task`. Each may be
 * called again with the same input and must give the same answer: the answers enter the content key.
 */
export interface LanguagePlugin {
  manifest: PluginManifest;
  /** Does the project look like mine? Two plugins that say yes is an error that lists both, so be exact. */
  detect(tree: TreeSnapshot): Detection;
  /** How to build it. Throw `PlanRefusal` for a project that is recognised but cannot be built. */
  plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan;
  /** Reads what was built. Throw `PlanRefusal` when it is not what it should be (main class missing, ...). */
  inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest;
  /** The Databricks task that runs it. Paths are those the artifacts were published under. */
  task(manifest: ArtifactManifest, published: PublishedPaths, expectation: Expectation): TaskSettings;
}

export interface PluginManifest {
  id: string;
  version: string;
  contract: 1;
  /** JSON Schema of what a pipeline file may say under `build.options` for this language. */
  configSchema: Record<string, unknown>;
  /** Globs (`*`, `**`, `?`) of the files whose contents `detect` and `plan` see, with a cap in bytes per file. */
  reads: { glob: string; maxBytes: number }[];
  /** Tools that plans of this plugin may name. */
  toolchains: string[];
  /** Registries (names of gateway routes: `maven`, `pypi`) that the resolve phase may use; `*` = any that policy and gateway allow. */
  registries: string[];
  /**
   * Of registries that the gateway does not know by itself: globs of the paths below them whose bytes never change, everything else is asked
   * for again.
   */
  layouts?: Record<string, string[]> | undefined;
}

/** A snapshot of the source tree: every entry, and the contents of those that `reads` matched. Never the file system. */
export interface TreeSnapshot {
  /** Paths relative to the project folder, `/`-separated, sorted; regular files only. */
  entries: { path: string; size: number }[];
  /** path -> text (UTF-8) of the files that `reads` matched. */
  contents: Record<string, string>;
}

/** The answer of `detect`; `evidence` names the files that decided. `error` = mine, but unreadable: `reason` says why. */
export type Detection =
  { match: 'yes'; evidence: string[] } | { match: 'no' } | { match: 'error'; evidence: string[]; reason: string };

export interface PlanConfig {
  runTests: boolean;
  coverage: boolean;
  runtime: Runtime;
  /** Value of `job.main`: main class, entry point of a wheel (its name or `module:function`), or script path. */
  main: string | undefined;
  /** Value of `build.artifact`: which candidate is the artifact, where the project alone leaves it open (a glob). */
  artifact: string | undefined;
  /** Value of `build.options`, already checked against `configSchema`. */
  options: Record<string, unknown>;
  /** Tools the machine has, by name: `[{ name: 'jdk', version: '17.0.15' }, …]`. */
  toolchains: { name: string; version: string }[];
}

/** What inspect and task hold the artifact against. */
export interface Expectation {
  runtime: Runtime;
  main: string | undefined;
}

/** Volume paths of the published artifact set, by file name. */
export interface PublishedPaths {
  /** Of `notebooks`: the workspace folder that they were imported to. */
  primary: string;
  companions: Record<string, string>;
}

/**
 * One task of the Jobs API without its key and compute. Parameters are added by the register stage:
 * `--request {{job.parameters.request}} --result {{job.parameters.result}}`; a notebook has them as widgets called `request` and `result`.
 */
export const TaskSettings = z.strictObject({
  task: z.union([
    z.strictObject({ spark_jar_task: z.strictObject({ main_class_name: z.string() }) }),
    z.strictObject({ python_wheel_task: z.strictObject({ package_name: z.string(), entry_point: z.string() }) }),
    z.strictObject({ spark_python_task: z.strictObject({ python_file: z.string() }) }),
    z.strictObject({
      notebook_task: z.strictObject({
        notebook_path: z.string(),
        base_parameters: z.record(z.string(), z.string()).optional(),
      }),
    }),
  ]),
  libraries: z.array(z.union([z.strictObject({ jar: z.string() }), z.strictObject({ whl: z.string() })])),
  /** Runs only on compute that belongs to one user or group (`data_security_mode: SINGLE_USER`), as R does. */
  dedicated: z.boolean().optional(),
});
export type TaskSettings = z.infer<typeof TaskSettings>;

/** Thrown by a plugin for what its author must change; `code` is one of `plan.refused` or `artifact.*`. */
export class PlanRefusal extends Error {
  override readonly name = 'PlanRefusal';
  readonly code: string;
  readonly hint: string | undefined;
  readonly candidates: string[];

  constructor(code: string, message: string, details: { hint?: string; candidates?: string[] } = {}) {
    super(message);
    this.code = code;
    this.hint = details.hint;
    this.candidates = details.candidates ?? [];
  }
}
