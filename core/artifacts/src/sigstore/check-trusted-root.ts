import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';

/** Whether a text is a `trusted_root.json` that can be verified against: gives why not, or undefined. */
export function checkTrustedRoot(text: string): string | undefined {
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(text)));
    if (material.certificateAuthorities.length === 0) return 'it names no certificate authority';
    if (material.tlogs.length === 0) return 'it names no transparency log';
    return material.ctlogs.length === 0 ? 'it names no log of certificates' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
