import { createHash } from 'node:crypto';
import { chmodSync, createReadStream, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import path from 'node:path';
import type { RootSpec } from '@slowlane/contracts';
import { must } from '@slowlane/driver-kit';
import { canonicalJson } from '@slowlane/kit';
import { connectEngine, engineLost } from './engine.ts';
import type { Engine } from './engine.ts';

/** With a host, or podman would look for it in a registry; the key is in the name, since podman imports without a tag. */
const repository = 'localhost/slowlane-root';

/** Images that containers begin with: folders and links only. What a root consists of is bound into them, read-only. */
export interface Images {
  /** Name of an image that the engine has; imported at first use. */
  named(root: RootSpec): Promise<string>;
}

export function openImages(engine: Engine, folder: string): Images {
  const known = new Map<string, Promise<string>>();
  return {
    named(root) {
      const key = createHash('sha256').update(canonicalJson(root.symlinks)).digest('hex').slice(0, 16);
      const made = known.get(key) ?? ensure(engine, { key, folder, symlinks: root.symlinks });
      known.set(key, made);
      made.catch(() => known.delete(key));
      return made;
    },
  };
}

interface Scaffold {
  key: string;
  folder: string;
  symlinks: RootSpec['symlinks'];
}

async function ensure(engine: Engine, scaffold: Scaffold): Promise<string> {
  const name = `${repository}-${scaffold.key}`;
  const docker = connectEngine(engine);
  try {
    if (
      await docker
        .getImage(name)
        .inspect()
        .then(
          () => true,
          () => false,
        )
    )
      return name;
    const tar = await makeTar(scaffold);
    const answer = await docker.importImage(createReadStream(tar), { repo: name });
    answer.resume();
    await finished(answer, { writable: false });
    rmSync(tar);
    return name;
  } catch (cause) {
    throw engineLost(engine, cause);
  }
}

async function makeTar({ folder, key, symlinks }: Scaffold): Promise<string> {
  const top = mkdtempSync(`${folder}/root-`);
  for (const name of ['dev', 'etc', 'proc', 'sys', 'tmp', 'usr', 'work']) mkdirSync(`${top}/${name}`, { mode: 0o755 });
  // A tmpfs gets the mode of the folder that it lies over.
  chmodSync(`${top}/tmp`, 0o1777);
  for (const link of symlinks) {
    mkdirSync(path.dirname(`${top}${link.path}`), { recursive: true });
    symlinkSync(link.target, `${top}${link.path}`);
  }
  const tar = `${folder}/${key}.tar`;
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await must(['/bin/tar', '-C', top, ...plain, '-cf', tar, '.']);
  rmSync(top, { recursive: true });
  return tar;
}
