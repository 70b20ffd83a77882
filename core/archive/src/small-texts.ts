import type { ZipIndex } from './zip.ts';

const MAX_TEXT_BYTES = 65_536;
/** A wheel's METADATA ends with the whole readme: the head of a larger file is what is asked for. */
const MAX_FILE_BYTES = 4 * 1024 ** 2;
const MAX_TEXTS = 500;

/** Texts of the entries that `wanted` names, cut at 64 KiB each. */
export async function readSmallTexts(
  index: ZipIndex,
  wanted: (path: string) => boolean,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const chosen = index.entries
    .filter((entry) => wanted(entry.path) && entry.size <= MAX_FILE_BYTES)
    .slice(0, MAX_TEXTS);
  for (const entry of chosen) {
    const content = await index.read(entry.path, MAX_FILE_BYTES);
    texts[entry.path] = content.toString('utf8', 0, MAX_TEXT_BYTES);
  }
  return texts;
}
