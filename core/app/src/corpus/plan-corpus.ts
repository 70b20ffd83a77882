import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildPlan,
  type LanguagePlugin,
  PipelineFile,
  type PluginHost,
  PlanRefusal,
  Policy,
  SlowLaneError,
  type TreeSnapshot,
} from '@slowlane/contracts';
import { matchesGlob, parseYaml } from '@slowlane/kit';
import { planProject } from '@slowlane/pipeline';
import { pluginFolders } from '../plugins.gen.ts';
import { Corpus, type CorpusProject } from './schema.ts';

const fixtures = join(import.meta.dirname, '__fixtures__');
const repository = join(import.meta.dirname, '../../../..');

/** What became of a project: its plan, or the refusal that its author sees. */
export type Outcome =
  | { language: string; evidence: string[]; plan: BuildPlan }
  | { refused: string; message: string; hint: string | undefined; candidates: string[] };

/** The corpus by file, one file per language. */
export async function readCorpus(): Promise<{ file: string; projects: CorpusProject[] }[]> {
  const names = (await readdir(fixtures)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (name) => ({
      file: name.replace(/\.yaml$/, ''),
      projects: Corpus.parse(valueOf(name, await readFile(join(fixtures, name), 'utf8'))),
    })),
  );
}

function valueOf(name: string, text: string): unknown {
  const result = parseYaml(text);
  if (result.ok) return result.yaml.value;
  throw new Error(`${name}: ${JSON.stringify(result.problems)}`);
}

/** Detects and plans a project with all built-in plugins, on an imaginary machine: nothing is started, nothing is read from this one. */
export async function outcomeOf(project: CorpusProject): Promise<Outcome> {
  const plugins = await builtInPlugins();
  const manifests = await plugins.manifests();
  const tree = treeOf(
    project.files,
    manifests.flatMap(({ reads }) => reads),
  );
  const file = PipelineFile.parse({ pipeline: 'corpus', ...project.pipeline });
  try {
    const { plugin, evidence, plan } = await planProject(machineWith(plugins), { file, tree });
    return { language: plugin, evidence, plan };
  } catch (error) {
    if (!(error instanceof SlowLaneError)) throw error;
    const { code, message, hint, data } = error;
    return { refused: code, message, hint, candidates: ((data?.['candidates'] ?? []) as string[]).map(String) };
  }
}

/** A plan with the contents of its files as digests: short enough to be read in a review. */
export function shortPlan({ files, ...plan }: BuildPlan): object {
  const digests = files.map(({ path, content }) => ({
    path,
    sha256: createHash('sha256').update(content).digest('hex').slice(0, 16),
  }));
  return { ...plan, files: digests };
}

function machineWith(plugins: PluginHost): Parameters<typeof planProject>[0] {
  return {
    plugins,
    toolchains: [
      { name: 'jdk', version: '17.0.15' },
      { name: 'sbt-launcher', version: '1.11.7' },
      { name: 'maven', version: '3.8.7' },
      { name: 'gradle', version: '4.4.1' },
      { name: 'python', version: '3.12.3' },
      { name: 'r', version: '4.2.2' },
      { name: 'spark', version: '4.0.4' },
    ],
    policy: Policy.parse({}),
    gateway: {
      upstreams: () => ({
        maven: '',
        pypi: '',
        npm: '',
        cran: '',
        go: '',
        'gradle-dist': '',
        'gradle-plugins': '',
        web: '',
      }),
    },
  };
}

function treeOf(files: Record<string, string>, reads: readonly { glob: string }[]): TreeSnapshot {
  const paths = Object.keys(files).sort();
  return {
    entries: paths.map((path) => ({ path, size: Buffer.byteLength(files[path] as string) })),
    contents: Object.fromEntries(
      paths
        .filter((path) => reads.some(({ glob }) => matchesGlob(path, glob)))
        .map((path) => [path, files[path] as string]),
    ),
  };
}

let known: Promise<LanguagePlugin[]> | undefined;

function loadPlugins(): Promise<LanguagePlugin[]> {
  known ??= Promise.all(
    pluginFolders.map(async ({ folder }) => {
      const module = (await import(join(repository, folder, 'src/index.ts'))) as { plugin: LanguagePlugin };
      return module.plugin;
    }),
  );
  return known;
}

/** The plugins in this process: they are our own. */
async function builtInPlugins(): Promise<PluginHost> {
  const plugins = new Map((await loadPlugins()).map((plugin) => [plugin.manifest.id, plugin]));
  const of = (id: string): LanguagePlugin => {
    const plugin = plugins.get(id);
    if (plugin === undefined) throw new SlowLaneError('detect.none', `there is no language "${id}"`);
    return plugin;
  };
  const refusable = <T>(call: () => T): T => {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof PlanRefusal)) throw error;
      const { code, message, hint, candidates } = error;
      throw new SlowLaneError(code as 'plan.refused', message, {
        data: { candidates },
        ...(hint === undefined ? {} : { hint }),
      });
    }
  };
  return {
    manifests: async () => [...plugins.values()].map(({ manifest }) => manifest),
    detect: async (id, tree) => of(id).detect(tree),
    plan: async (id, tree, config) => refusable(() => of(id).plan(tree, config)),
    inspect: async (id, artifact, expectation) => refusable(() => of(id).inspect(artifact, expectation)),
    task: async (id, manifest, published, expectation) => of(id).task(manifest, published, expectation),
    close: async () => undefined,
  };
}
