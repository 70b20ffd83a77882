import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { writeAtomically } from './write-atomically.ts';

/** ed25519 pair; `keyId` is the sha256 (hex) of the public key's SPKI form. */
export interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  keyId: string;
}

/**
 * Reads `signing-key.pem` (PKCS#8, mode 0600) of the folder, or makes it; `signing-key.pub.pem` beside it is for verifiers. Two processes
 * that start at once end with the same key. A file that is no such key is `platform.unexpected`, never replaced.
 */
export async function loadOrCreateSigningKey(folder: string): Promise<SigningKey> {
  const path = join(folder, 'signing-key.pem');
  const pem = (await readIfThere(path)) ?? (await create(folder, path));
  const key = parse(pem, path);
  await writeAtomically(
    join(folder, 'signing-key.pub.pem'),
    key.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  return key;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function create(folder: string, path: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return readFile(path, 'utf8');
}

function parse(pem: string, path: string): SigningKey {
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError(`its type is ${privateKey.asymmetricKeyType}`);
    const publicKey = createPublicKey(privateKey);
    return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
  } catch (error) {
    throw new SlowLaneError('platform.unexpected', `${path} is no ed25519 private key`, {
      hint: 'Restore the file from a backup; provenance signed with it cannot be checked with another key.',
      cause: error,
    });
  }
}

export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
