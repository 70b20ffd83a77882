import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bits, der, octets, oid, sequence, utcTime } from './der.ts';

export interface KeyPair {
  privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  spki: Buffer;
  /** sha256 of it: how logs are named. */
  id: Buffer;
}

export function newKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { privateKey, spki, id: createHash('sha256').update(spki).digest() };
}

export interface CertificateOrder {
  name: string;
  issuer: { name: string; keys: KeyPair };
  keys: KeyPair;
  from: Date;
  until: Date;
  extensions: Buffer[];
}

const ecdsaSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** RFC 5280: what is signed of a certificate. */
export function tbsCertificate({ name, issuer, keys, from, until, extensions }: CertificateOrder): Buffer {
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(
      0x02,
      Buffer.concat([Buffer.from([1]), createHash('sha256').update(name).update(keys.id).digest().subarray(0, 15)]),
    ),
    ecdsaSha256,
    distinguished(issuer.name),
    sequence(utcTime(from), utcTime(until)),
    distinguished(name),
    keys.spki,
    der(0xa3, sequence(...extensions)),
  );
}

export function signCertificate(tbs: Buffer, issuer: KeyPair): Buffer {
  return sequence(tbs, ecdsaSha256, bits(sign('sha256', tbs, issuer.privateKey)));
}

export function authorityExtensions(keys: KeyPair): Buffer[] {
  return [
    extension('2.5.29.19', sequence(der(0x01, Buffer.from([255]))), true),
    extension('2.5.29.14', octets(keyName(keys))),
  ];
}

/** As Fulcio writes them: who signed (an address or a mail address), and which provider says so. */
export function signerExtensions(
  issuer: KeyPair,
  { identity, provider }: { identity: string; provider: string },
): Buffer[] {
  return [
    extension('2.5.29.15', der(0x03, Buffer.from([7, 0x80])), true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.3'))),
    extension('2.5.29.35', sequence(der(0x80, keyName(issuer)))),
    extension('2.5.29.17', sequence(der(identity.includes('://') ? 0x86 : 0x81, identity)), true),
    extension('1.3.6.1.4.1.57264.1.8', der(0x0c, provider)),
  ];
}

/** RFC 6962: the log's word that it has seen the certificate. */
export function sctExtension(tbs: Buffer, { log, issuer, at }: { log: KeyPair; issuer: KeyPair; at: Date }): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(at.getTime()));
  const size = Buffer.from([tbs.length >> 16, (tbs.length >> 8) & 255, tbs.length & 255]);
  const signed = Buffer.concat([
    Buffer.from([0, 0]),
    time,
    Buffer.from([0, 1]),
    issuer.id,
    size,
    tbs,
    Buffer.from([0, 0]),
  ]);
  const signature = sign('sha256', signed, log.privateKey);
  const sct = Buffer.concat([Buffer.from([0]), log.id, time, Buffer.from([0, 0, 4, 3]), sized(signature)]);
  return extension('1.3.6.1.4.1.11129.2.4.2', octets(sized(sized(sct))));
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [der(0x01, Buffer.from([255]))] : []), octets(value));
}

function distinguished(name: string): Buffer {
  return sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, name))));
}

function keyName({ id }: KeyPair): Buffer {
  return id.subarray(0, 20);
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
