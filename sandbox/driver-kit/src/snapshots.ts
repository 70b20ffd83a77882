import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { copyImage } from './work-volume.ts';

/** Kept copies of work volumes. A copy is of no use for a volume of another size: it is then as if it were not there. */
export interface Snapshots {
  /** `lastUid` is whose its files most likely are: only a hint for the choice of a uid. */
  find(key: string, size: VolumeSize): { image: string; lastUid: number | undefined } | undefined;
  keep(key: string, image: string, facts: VolumeSize & { uid: number }): Promise<void>;
}

export interface VolumeSize {
  bytes: number;
  inodes: number;
}

const defaultBudget = 32 * 1_073_741_824;

/** `budget` bounds the bytes on disk of all copies; those not used for the longest time go first. */
export function openSnapshots(folder: string, budget = defaultBudget): Snapshots {
  return {
    find(key, size) {
      const file = fileOf(folder, key, size);
      if (!existsSync(`${file}.img`)) return undefined;
      const now = new Date();
      utimesSync(`${file}.img`, now, now);
      return { image: `${file}.img`, lastUid: readUid(`${file}.uid`) };
    },
    async keep(key, image, facts) {
      const file = fileOf(folder, key, facts);
      await copyImage(image, `${file}.img`);
      writeFileSync(`${file}.uid`, String(facts.uid));
      prune(folder, budget);
    },
  };
}

function fileOf(folder: string, key: string, size: VolumeSize): string {
  return `${folder}/${createHash('sha256').update(key).digest('hex')}-${size.bytes}-${size.inodes}`;
}

function readUid(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function prune(folder: string, budget: number): void {
  const images = readdirSync(folder)
    .filter((name) => name.endsWith('.img'))
    .map((name) => ({ name, stat: statSync(`${folder}/${name}`) }))
    .sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  let sum = 0;
  for (const { name, stat } of images) {
    sum += stat.blocks * 512;
    if (sum <= budget) continue;
    rmSync(`${folder}/${name}`, { force: true });
    rmSync(`${folder}/${name.replace(/img$/, 'uid')}`, { force: true });
  }
}
