import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { SlowLaneError } from '@slowlane/contracts';

/** Who signs, and the key that proves it. */
export interface NoteKey {
  name: string;
  /** First four bytes of a hash over name and key: stands before each signature. */
  hash: Buffer;
  key: KeyObject;
}

const ED25519 = 1;

/**
 * Reads `name+hash+key`, as Go's tools write the key of a checksum database. Throws `config.invalid`.
 *
 * @see https://pkg.go.dev/golang.org/x/mod/sumdb/note
 */
export function readNoteKey(text: string): NoteKey {
  const [, name, hex, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  const hash = createHash('sha256').update(`${name}\n`).update(bytes).digest().subarray(0, 4);
  if (name === undefined || bytes.length !== 33 || bytes[0] !== ED25519 || hash.toString('hex') !== hex)
    throw new SlowLaneError('config.invalid', `${JSON.stringify(text)} is no key of a checksum database`);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') };
  return { name, hash, key: createPublicKey({ key: jwk, format: 'jwk' }) };
}

/** The text of a note, when it has a true signature by this key; signatures of others are left aside. */
export function openNote(note: string, { name, hash, key }: NoteKey): string | undefined {
  const split = note.lastIndexOf('\n\n');
  if (split < 0) return undefined;
  const text = note.slice(0, split + 1);
  const isSigned = note
    .slice(split + 2)
    .split('\n')
    .some((line) => {
      const [dash, signer, encoded = ''] = line.split(' ');
      if (dash !== '—' || signer !== name) return false;
      const signature = Buffer.from(encoded, 'base64');
      return signature.subarray(0, 4).equals(hash) && verify(null, Buffer.from(text), key, signature.subarray(4));
    });
  return isSigned ? text : undefined;
}
