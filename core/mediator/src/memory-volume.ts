import { Readable } from 'node:stream';
import { SlowLaneError, type VolumeStore } from '@slowlane/contracts';

/** For tests: a volume in memory. Reads come in pieces of a few bytes, so that what spans two pieces is tried. */
export function createMemoryVolume(files: Record<string, string> = {}): VolumeStore & { files: Map<string, Buffer> } {
  const kept = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const missing = (path: string): never => {
    throw new SlowLaneError('workspace.not-found', `GET ${path}: 404`);
  };
  return {
    files: kept,
    async read(path) {
      const bytes = kept.get(path) ?? missing(path);
      return { stream: Readable.from(pieces(bytes), { objectMode: false }), size: bytes.length };
    },
    async write(path, bytes) {
      kept.set(path, Buffer.from(bytes));
    },
    async upload(path, open, size) {
      const bytes = Buffer.concat(await (await open()).toArray());
      if (bytes.length !== size)
        throw new SlowLaneError('workspace.unavailable', `${size} bytes announced, ${bytes.length} sent`);
      kept.set(path, bytes);
    },
    async list(folder) {
      const inside = [...kept].filter(([path]) => path.startsWith(`${folder}/`));
      if (inside.length === 0) return missing(folder);
      const names = new Map(
        inside.map(([path, bytes]) => {
          const [name, ...deeper] = path.slice(folder.length + 1).split('/') as [string, ...string[]];
          return [
            name,
            {
              name,
              path: `${folder}/${name}`,
              isFolder: deeper.length > 0,
              size: deeper.length > 0 ? 0 : bytes.length,
            },
          ];
        }),
      );
      return [...names.values()];
    },
    exists: async (path) => kept.has(path),
    remove: async (path) => kept.delete(path),
  };
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5);
}
