import { open } from 'node:fs/promises';

export interface Tail {
  text: string;
  /** Whether the file holds more before it. */
  cut: boolean;
}

/** The last bytes of a file as text; a character that the cut splits is left out. A missing file is empty. */
export async function readTail(path: string, maxBytes: number): Promise<Tail> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return { text: '', cut: false };
  try {
    const { size } = await file.stat();
    const length = Math.min(size, maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const cut = size > length;
    return { text: buffer.subarray(cut ? firstWhole(buffer) : 0, bytesRead).toString('utf8'), cut };
  } finally {
    await file.close();
  }
}

/** Bytes of the form 10xxxxxx continue a character of UTF-8. */
function firstWhole(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) at++;
  return at;
}
