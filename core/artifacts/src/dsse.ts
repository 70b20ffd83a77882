import { type KeyObject, sign, verify } from 'node:crypto';
import { SlowLaneError } from '@slowlane/contracts';
import { DsseEnvelope } from './schema.ts';
import { keyIdOf, type SigningKey } from './signing-key.ts';

/** Signs a payload; the type is signed with it, so that bytes of one meaning cannot be passed off as another. */
export function sealEnvelope(payloadType: string, payload: string, key: SigningKey): DsseEnvelope {
  const bytes = Buffer.from(payload);
  const signature = sign(null, preAuthEncoding(payloadType, bytes), key.privateKey);
  return {
    payloadType,
    payload: bytes.toString('base64'),
    signatures: [{ keyid: key.keyId, sig: signature.toString('base64') }],
  };
}

/** The payload, once one of its signatures is proven to be of this key; else `artifact.provenance-invalid`. */
export function openEnvelope(envelope: unknown, payloadType: string, publicKey: KeyObject): string {
  const parsed = DsseEnvelope.safeParse(envelope);
  if (!parsed.success) throw invalid('not a DSSE envelope');
  if (parsed.data.payloadType !== payloadType) throw invalid(`payload type ${JSON.stringify(parsed.data.payloadType)}`);
  const payload = Buffer.from(parsed.data.payload, 'base64');
  const signed = preAuthEncoding(payloadType, payload);
  const isOurs = parsed.data.signatures.some(({ sig }) => verify(null, signed, publicKey, Buffer.from(sig, 'base64')));
  if (!isOurs) throw invalid(`no signature of key ${keyIdOf(publicKey).slice(0, 12)} holds`);
  return payload.toString('utf8');
}

export function invalid(reason: string): SlowLaneError {
  return new SlowLaneError('artifact.provenance-invalid', `provenance: ${reason}`);
}

/** @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#signature-definition */
function preAuthEncoding(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}
