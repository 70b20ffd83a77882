import type { ArtifactManifest, ArtifactView } from '../artifact.ts';
import type { BuildPlan } from '../plan.ts';
import type {
  Detection,
  Expectation,
  PlanConfig,
  PluginManifest,
  PublishedPaths,
  TaskSettings,
  TreeSnapshot,
} from '../plugin.ts';

/**
 * Runs plugin code in pooled, sandboxed Node processes. Every call validates what comes back and fails with `plugin.failed` (the
 * plugin's name in the message) when it throws, answers nonsense, or passes its time or memory limit; a `PlanRefusal` becomes a user error.
 * Safe to call from many places at once; `close` ends the processes.
 */
export interface PluginHost {
  /** Of the plugins that can be loaded: one that cannot is left out, and named in the log. Asked for once each; may be called for every push. */
  manifests(): Promise<PluginManifest[]>;
  detect(plugin: string, tree: TreeSnapshot): Promise<Detection>;
  plan(plugin: string, tree: TreeSnapshot, config: PlanConfig): Promise<BuildPlan>;
  inspect(plugin: string, artifact: ArtifactView, expectation: Expectation): Promise<ArtifactManifest>;
  task(
    plugin: string,
    manifest: ArtifactManifest,
    published: PublishedPaths,
    expectation: Expectation,
  ): Promise<TaskSettings>;
  close(): Promise<void>;
}
