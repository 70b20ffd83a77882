import { invalidParameter } from './api-error.ts';

/** The bytes of base64 text, line breaks allowed; 400 that names the field for anything else (`Buffer.from` alone would drop what it cannot read). */
export function decodeBase64(text: string, field: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/[\r\n]/g, '').replace(/=+$/, '')) {
    throw invalidParameter(`${field} is not base64.`);
  }
  return bytes;
}
