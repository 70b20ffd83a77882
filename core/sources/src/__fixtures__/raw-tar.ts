/** A header as an attacker would write it: nothing is checked. `type` is the digit of the format (`2` = symbolic link). */
export interface RawTarEntry {
  path: string;
  type?: string;
  mode?: number;
  linkpath?: string;
  content?: string;
}

/** A tar of these headers, of the format of 1988: names of at most 100 bytes. */
export function tarBytes(entries: readonly RawTarEntry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(1_024)]);
}

function entryBytes({ path, type = '0', mode = 0o644, linkpath = '', content = '' }: RawTarEntry): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  const fields: Record<number, string> = {
    ...{ 0: path, 100: octal(mode, 7), 108: octal(1_000, 7), 116: octal(1_000, 7), 124: octal(body.length, 11) },
    ...{ 136: octal(0, 11), 148: ' '.repeat(8), 156: type, 157: linkpath, 257: 'ustar\u000000' },
  };
  for (const [at, text] of Object.entries(fields)) header.write(text, Number(at));
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}
