import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { classTexts, readZipIndex } from '@slowlane/archive';
import type { Learned } from './learn-upstreams.ts';

const MAX_CLASS_BYTES = 1024 ** 2;

/** Where an installed Gradle gets distributions and plugins from: constants of two of its classes, wherever its version keeps them. */
export async function learnGradle(homes: readonly string[]): Promise<{ dist?: Learned; plugins?: Learned }> {
  for (const home of homes) {
    const [dist, plugins] = await Promise.all([
      constantOf(home, /\/DistributionLocator\.class$/, /^https:\/\/[^/\s]+\/distributions$/),
      constantOf(
        home,
        /\/(?:DefaultBaseRepositoryFactory|RepositoryUrls?)\.class$/,
        /^https:\/\/plugins\.[^/\s]+\/m2\/?$/,
      ),
    ]);
    if (dist !== undefined || plugins !== undefined)
      return { ...(dist === undefined ? {} : { dist }), ...(plugins === undefined ? {} : { plugins }) };
  }
  return {};
}

async function constantOf(home: string, entry: RegExp, address: RegExp): Promise<Learned | undefined> {
  for (const folder of [join(home, 'lib'), join(home, 'lib', 'plugins')]) {
    const jars = (await readdir(folder).catch(() => [])).filter((name) => /^gradle-.*\.jar$/.test(name)).sort();
    for (const jar of jars) {
      const url = await addressIn(join(folder, jar), entry, address).catch(() => undefined);
      if (url !== undefined) return { url, from: `default of the installed Gradle, in ${join(folder, jar)}` };
    }
  }
  return undefined;
}

async function addressIn(jar: string, entry: RegExp, address: RegExp): Promise<string | undefined> {
  const index = await readZipIndex(jar);
  try {
    const found = index.entries.find(({ path }) => entry.test(path));
    if (found === undefined) return undefined;
    return classTexts(await index.read(found.path, MAX_CLASS_BYTES)).find((text) => address.test(text));
  } finally {
    await index.close();
  }
}
