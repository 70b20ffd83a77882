import { SlowLaneError } from '@slowlane/contracts';

/** What a thrown transport error means: whether the workspace can have acted, and the error that people see. */
export function lostConnection(
  thrown: unknown,
  call: string,
  host: string,
): { how: 'unsent' | 'lost' | 'final'; error: SlowLaneError } {
  if (thrown instanceof SlowLaneError) return { how: 'final', error: thrown };
  const code = codeOf(thrown);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (isCertificateFault(code)) return { how: 'final', error: untrusted(call, host, `${code}: ${text}`) };
  const details = { cause: thrown, data: { call, reason: code } };
  if (isTimeout(code, thrown))
    return { how: 'lost', error: new SlowLaneError('workspace.timeout', `${call}: no answer in time`, details) };
  const how = neverConnected.has(code) ? 'unsent' : 'lost';
  return { how, error: new SlowLaneError('workspace.unavailable', `${call}: ${host}: ${text} (${code})`, details) };
}

const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(thrown: unknown): string {
  const { code, cause, name } = (thrown ?? {}) as { code?: unknown; cause?: { code?: unknown }; name?: unknown };
  if (typeof code === 'string') return code;
  if (typeof cause?.code === 'string') return cause.code;
  return typeof name === 'string' ? name : 'unknown';
}

function isTimeout(code: string, thrown: unknown): boolean {
  return (
    code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || (thrown as Error).name === 'TimeoutError'
  );
}

/** OpenSSL's verification errors, as Node names them. */
function isCertificateFault(code: string): boolean {
  return /CERT|^UNABLE_TO_|^SELF_SIGNED|^INVALID_(CA|PURPOSE)|^HOSTNAME_MISMATCH$/.test(code);
}

function untrusted(call: string, host: string, text: string): SlowLaneError {
  return new SlowLaneError('workspace.untrusted', `${call}: the certificate of ${host} is not trusted (${text})`, {
    data: { call },
  });
}
