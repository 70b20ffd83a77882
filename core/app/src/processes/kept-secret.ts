import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A secret that is made once, kept in a file of ours alone (0600), and read by the processes that share it. */
export function keptSecret(file: string, prefix = ''): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const secret = `${prefix}${randomBytes(16).toString('hex')}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, secret, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  return secret;
}
