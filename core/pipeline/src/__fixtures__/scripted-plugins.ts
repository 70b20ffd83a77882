import type {
  ArtifactManifest,
  BuildPlan,
  Detection,
  PluginHost,
  PluginManifest,
  TaskSettings,
} from '@slowlane/contracts';
import { PlanRefusal, SlowLaneError } from '@slowlane/contracts';

export interface ScriptedPlugin {
  manifest: PluginManifest;
  detect(paths: string[]): Detection;
  plan(): BuildPlan;
}

export interface ScriptedPlugins extends PluginHost {
  /** Methods in the order they were called. */
  calls: string[];
}

/** A plugin host whose plugins are given by a test; artifacts are scripts named `main.py`. */
export function scriptedPlugins(plugins: Record<string, ScriptedPlugin>): ScriptedPlugins {
  const calls: string[] = [];
  const of = (id: string, method: string): ScriptedPlugin => {
    calls.push(method);
    const plugin = plugins[id];
    if (plugin === undefined) throw new SlowLaneError('plugin.failed', `no plugin ${id}`);
    return plugin;
  };
  return {
    calls,
    async manifests() {
      calls.push('manifests');
      return Object.values(plugins).map(({ manifest }) => manifest);
    },
    detect: async (id, tree) => of(id, 'detect').detect(tree.entries.map(({ path }) => path)),
    plan: async (id) => of(id, 'plan').plan(),
    async inspect(id, artifact, expectation): Promise<ArtifactManifest> {
      of(id, 'inspect');
      if (expectation.main === 'missing.py') {
        const refusal = new PlanRefusal('artifact.main-class-missing', `main "missing.py" is not in ${artifact.name}`);
        throw new SlowLaneError('artifact.main-class-missing', refusal.message);
      }
      return { plugin: id, kind: artifact.kind, main: artifact.name, mainCandidates: [artifact.name], spark: 'none' };
    },
    async task(id, _manifest, published): Promise<TaskSettings> {
      of(id, 'task');
      return {
        task: { spark_python_task: { python_file: published.primary } },
        libraries: Object.values(published.companions).map((whl) => ({ whl })),
      };
    },
    close: async () => undefined,
  };
}

export function manifestFor(id: string, more: Partial<PluginManifest> = {}): PluginManifest {
  return {
    id,
    version: '1.0.0',
    contract: 1,
    configSchema: { type: 'object', additionalProperties: false, properties: { flavour: { type: 'string' } } },
    reads: [{ glob: '*.toml', maxBytes: 10_000 }],
    toolchains: ['sh'],
    registries: ['maven', 'pypi'],
    ...more,
  };
}
