import { parseXml, xmlElements, xmlTexts } from '@slowlane/kit';

export interface Pom {
  artifactId: string;
  packaging: string;
  /** Folders relative to this POM. */
  modules: string[];
  /** Path of the parent POM relative to this one's folder; undefined without a parent in the same tree. */
  parentPath: string | undefined;
  plugins: PomPlugin[];
  /** Of `<pluginManagement>`: they run only where something else asks for them. */
  managed: PomPlugin[];
}

export interface PomPlugin {
  artifactId: string;
  version: string | undefined;
  /** Texts of all `<configuration>` elements (the plugin's own and those of its executions), by name. */
  configuration: Record<string, string[]>;
}

/** What a plan needs of a POM; undefined for a text that is none. Profiles and properties are left to Maven. */
export function readPom(text: string): Pom | undefined {
  const project = xmlElements(parseXml(text), ['project'])[0];
  if (project === undefined) return undefined;
  return {
    artifactId: first(project, ['artifactId']) ?? '(unnamed)',
    packaging: first(project, ['packaging']) ?? 'jar',
    modules: xmlTexts(project, ['modules', 'module']),
    parentPath: parentPathOf(project),
    plugins: xmlElements(project, ['build', 'plugins', 'plugin']).map(pluginOf),
    managed: xmlElements(project, ['build', 'pluginManagement', 'plugins', 'plugin']).map(pluginOf),
  };
}

/** `<relativePath/>` says that the parent comes from a repository. */
function parentPathOf(project: Record<string, unknown>): string | undefined {
  const parent = xmlElements(project, ['parent'])[0];
  if (parent === undefined) return undefined;
  if (!Object.hasOwn(parent, 'relativePath')) return '../pom.xml';
  const path = first(parent, ['relativePath']);
  if (path === undefined) return undefined;
  return path.endsWith('.xml') ? path : `${path}/pom.xml`;
}

function pluginOf(plugin: Record<string, unknown>): PomPlugin {
  const places = [plugin, ...xmlElements(plugin, ['executions', 'execution'])].flatMap((place) =>
    xmlElements(place, ['configuration']),
  );
  const configuration: Record<string, string[]> = {};
  for (const place of places)
    for (const name of ['shadedArtifactAttached', 'shadedClassifierName', 'appendAssemblyId'])
      configuration[name] = [...(configuration[name] ?? []), ...xmlTexts(place, [name])];
  configuration['descriptorRef'] = places.flatMap((place) => [
    ...xmlTexts(place, ['descriptorRefs', 'descriptorRef']),
    ...xmlTexts(place, ['descriptorRef']),
  ]);
  return { artifactId: first(plugin, ['artifactId']) ?? '', version: first(plugin, ['version']), configuration };
}

function first(root: unknown, path: readonly string[]): string | undefined {
  return xmlTexts(root, path)[0]?.trim();
}
