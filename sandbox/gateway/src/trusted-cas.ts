import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { SlowLaneError } from '@slowlane/contracts';

/**
 * Certificate authorities for upstream connections: Node's own, the system's, and the company's bundle. One context for all
 * connections, because parsing several hundred certificates takes longer than a handshake.
 */
export async function trustedContext(caBundle: string | undefined): Promise<SecureContext> {
  const cas = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
  if (caBundle !== undefined) cas.add(await readBundle(caBundle));
  return createSecureContext({ ca: [...cas] });
}

async function readBundle(path: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8');
    if (!pem.includes('BEGIN CERTIFICATE')) throw new TypeError('it holds no certificate');
    return pem;
  } catch (error) {
    throw new SlowLaneError('config.invalid', `CA bundle ${path}: ${(error as Error).message}`, { cause: error });
  }
}
