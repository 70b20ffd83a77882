import { XMLParser } from 'fast-xml-parser';

/** A mirror of a Maven settings file. */
export interface MavenMirror {
  id: string;
  /** `*`, `central`, `external:*`, `*,!internal`, ... */
  mirrorOf: string;
  url: string;
}

/** Mirrors in the order of the file: Maven takes the first that fits. Empty for a text that is no such file. */
export function readMavenMirrors(settingsXml: string): MavenMirror[] {
  return listOf(parse(settingsXml), ['settings', 'mirrors', 'mirror']).flatMap((mirror) => {
    const { id, mirrorOf, url } = mirror as Record<string, unknown>;
    return typeof url === 'string' && typeof mirrorOf === 'string' ? [{ id: String(id ?? ''), mirrorOf, url }] : [];
  });
}

/** Whether a mirror stands for the central repository. @see https://maven.apache.org/guides/mini/guide-mirror-settings.html */
export function mirrorsCentral(mirrorOf: string): boolean {
  const patterns = mirrorOf.split(',').map((pattern) => pattern.trim());
  if (patterns.includes('!central')) return false;
  return patterns.some((pattern) => ['*', 'central', 'external:*'].includes(pattern));
}

/** URL of the repository with id `central` that a POM names: in Maven's own super POM, the default of all projects. */
export function centralOfPom(pomXml: string): string | undefined {
  for (const repository of listOf(parse(pomXml), ['project', 'repositories', 'repository'])) {
    const { id, url } = repository as Record<string, unknown>;
    if (id === 'central' && typeof url === 'string') return url;
  }
  return undefined;
}

function parse(xml: string): unknown {
  if (xml.includes('<!DOCTYPE') || xml.includes('<!ENTITY')) return undefined;
  try {
    return new XMLParser({ ignoreAttributes: true, parseTagValue: false, processEntities: false }).parse(xml);
  } catch {
    return undefined;
  }
}

function listOf(root: unknown, path: readonly string[]): object[] {
  let node = root;
  for (const name of path)
    node = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[name] : undefined;
  return (Array.isArray(node) ? node : [node]).filter((item) => typeof item === 'object' && item !== null);
}
