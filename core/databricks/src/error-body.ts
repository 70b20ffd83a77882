/**
 * The vendor's code and text of an error answer, whatever shape it came in: the standard body, API 1.2 `{error}`, SCIM, an OAuth error,
 * plain text `CODE: message`, HTML of a proxy, or nothing (then the status speaks).
 *
 * @example readErrorBody(400, '{"error_code":"INVALID_STATE","message":"no"}') // { errorCode: 'INVALID_STATE', message: 'no' }
 */
export function readErrorBody(status: number, text: string): ErrorBody {
  const trimmed = text.trim().slice(0, 65_536);
  if (trimmed === '') return { errorCode: undefined, message: reasonPhrases[status] ?? `status ${status}` };
  const json = parseObject(trimmed);
  if (json !== undefined) return fromJson(status, json, trimmed);
  if (trimmed.startsWith('<')) return { errorCode: undefined, message: textOfHtml(trimmed) };
  const coded = /^([A-Z][A-Z0-9_]{2,60}): (.+)$/s.exec(trimmed);
  return { errorCode: coded?.[1], message: (coded?.[2] ?? trimmed).slice(0, 2_000) };
}

export interface ErrorBody {
  errorCode: string | undefined;
  message: string;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function fromJson(status: number, json: Record<string, unknown>, text: string): ErrorBody {
  const of = (key: string): string | undefined => (typeof json[key] === 'string' ? json[key] : undefined);
  if (of('detail') !== undefined || 'scimType' in json) {
    return { errorCode: `SCIM_${status}`, message: of('detail') ?? of('scimType') ?? text.slice(0, 2_000) };
  }
  const message = of('message') ?? of('error_description') ?? of('errorSummary') ?? of('error') ?? text.slice(0, 2_000);
  const oauthCode = of('error_description') === undefined ? of('errorCode') : of('error');
  return { errorCode: of('error_code') ?? oauthCode, message };
}

function textOfHtml(html: string): string {
  const inside = between(html, '<pre>', '</pre>') ?? between(html, '<title>', '</title>') ?? 'an HTML page';
  return inside.replaceAll('\n', ' ').trim().slice(0, 2_000);
}

function between(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open);
  const end = start < 0 ? -1 : text.indexOf(close, start);
  return end < 0 ? undefined : text.slice(start + open.length, end);
}

const reasonPhrases: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
