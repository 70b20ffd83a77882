/** `Retry-After` in milliseconds: whole seconds or an HTTP date (RFC 9110 10.2.3); `undefined` for anything else. */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value.trim())) return Number(value.trim()) * 1_000;
  // `Date.parse` takes "1.5" for a day in 2001: a date of HTTP begins with the day's name.
  const at = /^[A-Za-z]/.test(value.trim()) ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
