import { parseXml, xmlElements } from './xml.ts';

/** A mirror of a Maven settings file. */
export interface MavenMirror {
  id: string;
  /** `*`, `central`, `external:*`, `*,!internal`, ... */
  mirrorOf: string;
  url: string;
}

/** Mirrors in the order of the file: Maven takes the first that fits. Empty for a text that is no such file. */
export function readMavenMirrors(settingsXml: string): MavenMirror[] {
  return xmlElements(parseXml(settingsXml), ['settings', 'mirrors', 'mirror']).flatMap((mirror) => {
    const { id, mirrorOf, url } = mirror;
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
  for (const repository of xmlElements(parseXml(pomXml), ['project', 'repositories', 'repository'])) {
    const { id, url } = repository;
    if (id === 'central' && typeof url === 'string') return url;
  }
  return undefined;
}
