import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { must } from './must.ts';

/**
 * bwrap starts as the slot's uid, so every source must be reachable for it by path. A source below somebody's private home
 * is first bound (as root) to a place that all may pass.
 */
export async function stage(source: string, place: string): Promise<string> {
  if (isReachable(source)) return source;
  const before = binding.get(place) ?? Promise.resolve();
  const bound = before.catch(() => undefined).then(() => bindOnce(source, place));
  binding.set(place, bound);
  await bound.finally(() => {
    if (binding.get(place) === bound) binding.delete(place);
  });
  return place;
}

/** Two sandboxes that start at once must not bind the same place twice. */
const binding = new Map<string, Promise<void>>();

async function bindOnce(source: string, place: string): Promise<void> {
  if (isMounted(place)) {
    if (isSameFile(source, place)) return;
    // The source was replaced since (an upgrade): the bind still shows what was there before.
    await must(['/bin/umount', '-l', '--', place]);
  }
  await bind(source, place);
}

export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [statSync(a), statSync(b)];
  return one.dev === other.dev && one.ino === other.ino;
}

/** Mount points at or below a folder, deepest first. */
export function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

export function isMounted(folder: string): boolean {
  return mountsBelow(folder).includes(folder);
}

function isReachable(source: string): boolean {
  for (let folder = path.dirname(source); ; folder = path.dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === '/') return true;
  }
}

/** Binds by descriptor: whoever owns a folder on the way cannot put a link in its place after the path was checked. */
export async function bind(source: string, place: string): Promise<void> {
  const held = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (readlinkSync(`/proc/self/fd/${held}`) !== source) {
      throw new SlowLaneError('sandbox.refused', `mounts.source: ${source} is reached through a link`);
    }
    mkdirSync(path.dirname(place), { recursive: true, mode: 0o755 });
    if (fstatSync(held).isDirectory()) mkdirSync(place, { recursive: true, mode: 0o711 });
    else closeSync(openSync(place, 'a', 0o444));
    await must(['/bin/mount', '--no-canonicalize', '--rbind', '--', `/proc/${process.pid}/fd/${held}`, place]);
    // Otherwise what is unmounted here would be unmounted at the source too.
    await must(['/bin/mount', '--make-rslave', '--', place]);
  } finally {
    closeSync(held);
  }
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
