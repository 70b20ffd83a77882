/**
 * Headers of a result file. Results are made by strangers' programs and come from our origin: nothing in them may run, and a browser opens
 * only kinds that it can show.
 */
export function resultHeaders(name: string, contentType: string): Record<string, string> {
  const disposition = canShow(contentType) ? 'inline' : 'attachment';
  return {
    'content-type': contentType,
    'content-disposition': `${disposition}; ${fileName(name)}`,
    'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, no-store',
  };
}

function canShow(contentType: string): boolean {
  return /^(text\/(html|plain|csv|markdown|tab-separated-values)|application\/json|image\/)/.test(contentType);
}

/** @see https://www.rfc-editor.org/rfc/rfc6266 */
export function fileName(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const plain = last.replace(/[^A-Za-z0-9._ -]/g, '_');
  const exact = encodeURIComponent(last.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${exact}`;
}
