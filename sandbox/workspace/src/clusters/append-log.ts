import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { inFolder, makeFolders } from '../files/safe-folder.ts';

export interface AppendInput {
  source: FileHandle;
  /** Bytes of the source that are there already. */
  from: number;
  root: string;
  /** Folder and name of the file below `root`. */
  names: readonly string[];
  /** How long the file is known to be. */
  size: number;
}

const pieceBytes = 1_024 ** 2;
// O_NONBLOCK: opening a named pipe must not wait for a reader.
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Writes what is new in the source behind what is there, and gives the new numbers. Runs may have put anything at that place: links are not
 * followed, and a file that somebody removed begins anew.
 */
export async function appendLog(input: AppendInput): Promise<{ from: number; size: number }> {
  const { source, root, names } = input;
  const end = (await source.stat()).size;
  if (end <= input.from) return { from: input.from, size: input.size };
  const folder = names.slice(0, -1);
  await makeFolders(root, folder);
  const target = await inFolder(root, folder, (path) => open(`${path}/${names.at(-1)}`, flags, 0o664));
  try {
    const stats = await target.stat();
    if (!stats.isFile()) throw new Error(`${names.join('/')} is no file`);
    const at = Math.min(input.size, stats.size);
    await copy(source, target, { from: input.from, end, at });
    await target.datasync();
    return { from: end, size: at + end - input.from };
  } finally {
    await target.close();
  }
}

async function copy(
  source: FileHandle,
  target: FileHandle,
  { from, end, at }: { from: number; end: number; at: number },
): Promise<void> {
  const piece = Buffer.alloc(Math.min(pieceBytes, end - from));
  for (let done = 0; from + done < end;) {
    const { bytesRead } = await source.read(piece, 0, Math.min(piece.length, end - from - done), from + done);
    if (bytesRead === 0) throw new Error('the log became shorter while it was read');
    await target.writev([piece.subarray(0, bytesRead)], at + done);
    done += bytesRead;
  }
}
