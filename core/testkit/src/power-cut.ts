import { existsSync } from 'node:fs';
import { readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@slowlane/process';

const source = fileURLToPath(new URL('power-cut.c', import.meta.url));

export interface PowerCut {
  /** Environment of the program whose files are to be cut. */
  env: Record<string, string>;
  /** After the program was killed: cuts every file below `dir` to what had been synced; answers how many bytes that took. */
  cut(dir: string): Promise<number>;
}

/** Compiles the library that notes what is safe. `dir` holds it and its notes. */
export async function preparePowerCut(dir: string): Promise<PowerCut> {
  const [library, notes] = [join(dir, 'power-cut.so'), join(dir, 'synced')];
  const argv = ['gcc', '-O1', '-shared', '-fPIC', '-Wall', '-Werror', '-o', library, source, '-ldl'];
  const built = await run(argv, { inheritEnv: true, timeoutMs: 60_000 });
  if (!built.ok) throw new Error(`gcc: ${built.stderr || built.startError}`);
  return {
    env: { LD_PRELOAD: library, SLOWLANE_SYNCED: notes },
    async cut(folder) {
      let taken = 0;
      const safeSizes = new Map([...(await neverSynced(folder)), ...(await lastSynced(notes))]);
      for (const [path, safe] of safeSizes) {
        if (!path.startsWith(folder) || !existsSync(path)) continue;
        const { size } = await stat(path);
        if (size > safe) await truncate(path, safe);
        taken += Math.max(0, size - safe);
      }
      return taken;
    },
  };
}

/** A log that Redis appends to and has not synced once is empty after the cut; its other files are synced under another name and then renamed. */
async function neverSynced(folder: string): Promise<Map<string, number>> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.incr.aof'));
  return new Map(files.map((name) => [join(folder, name), 0]));
}

async function lastSynced(notes: string): Promise<Map<string, number>> {
  if (!existsSync(notes)) return new Map();
  const lines = (await readFile(notes, 'utf8')).split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(space + 1), Number(line.slice(0, space))];
    }),
  );
}
