import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classTexts, readZipIndex } from '@slowlane/archive';
import { centralOfPom, mirrorsCentral, readMavenMirrors } from '@slowlane/kit';
import type { Learned, ToolPlaces } from './learn-upstreams.ts';

const MAX_ENTRY_BYTES = 1024 ** 2;

/** The central repository as the tools see it: a mirror in settings.xml, else Maven's super POM, else the sbt launcher's default. */
export async function learnMaven(places: ToolPlaces): Promise<Learned | undefined> {
  return (
    (await firstFound(places.mavenSettings ?? [], fromSettings)) ??
    (await firstFound(places.mavenHomes ?? [], fromSuperPom)) ??
    (await firstFound(places.sbtLauncher === undefined ? [] : [places.sbtLauncher], fromSbtLauncher))
  );
}

/** A file that is not there or cannot be read says nothing: the next one is asked. */
async function firstFound(
  paths: readonly string[],
  read: (path: string) => Promise<Learned | undefined>,
): Promise<Learned | undefined> {
  for (const path of paths) {
    const found = await read(path).catch(() => undefined);
    if (found !== undefined && /^https?:\/\//.test(found.url)) return found;
  }
  return undefined;
}

async function fromSettings(path: string): Promise<Learned | undefined> {
  const mirror = readMavenMirrors(await readFile(path, 'utf8')).find(({ mirrorOf }) => mirrorsCentral(mirrorOf));
  return mirror === undefined ? undefined : { url: mirror.url, from: `mirror ${JSON.stringify(mirror.id)} in ${path}` };
}

async function fromSuperPom(home: string): Promise<Learned | undefined> {
  const lib = join(home, 'lib');
  const jar = (await readdir(lib)).find((name) => /^maven-model-builder.*\.jar$/.test(name));
  if (jar === undefined) return undefined;
  const pom = await readFromZip(join(lib, jar), (path) =>
    /^org\/apache\/maven\/model\/pom-4\.\d+\.\d+\.xml$/.test(path),
  );
  const url = pom === undefined ? undefined : centralOfPom(pom.toString('utf8'));
  return url === undefined ? undefined : { url, from: `super POM in ${join(lib, jar)}` };
}

/** The launcher's boot file names `maven-central` without an address; that stands in its resolver library, first in its class of repositories. */
async function fromSbtLauncher(path: string): Promise<Learned | undefined> {
  const repositories = await readFromZip(path, (entry) => entry.endsWith('coursier/Repositories$.class'));
  const url = classTexts(repositories ?? Buffer.alloc(0)).find((text) =>
    /^https:\/\/[a-z0-9.-]+\/maven2\/?$/.test(text),
  );
  return url === undefined ? undefined : { url, from: `default of the sbt launcher ${path}` };
}

async function readFromZip(path: string, wanted: (entry: string) => boolean): Promise<Buffer | undefined> {
  const index = await readZipIndex(path);
  try {
    const entry = index.entries.find((candidate) => wanted(candidate.path));
    return entry === undefined ? undefined : await index.read(entry.path, MAX_ENTRY_BYTES);
  } finally {
    await index.close();
  }
}
