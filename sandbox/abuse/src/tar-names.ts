/** Names and types of the entries of a tar that our own collector wrote: only to check it. Outputs are read with core/archive. */
export function tarNames(tar: Buffer): { name: string; type: string }[] {
  const entries: { name: string; type: string }[] = [];
  for (let at = 0; at + 512 <= tar.length;) {
    const name = text(tar, at, 100);
    if (name === '') break;
    const size = Number.parseInt(text(tar, at + 124, 12), 8);
    entries.push({ name, type: text(tar, at + 156, 1) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return entries;
}

function text(tar: Buffer, at: number, length: number): string {
  return tar
    .subarray(at, at + length)
    .toString('latin1')
    .replace(/\0[\s\S]*$/, '');
}
