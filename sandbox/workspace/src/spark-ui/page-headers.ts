/**
 * A page of Spark's UI shows what a stranger's program has named, and runs scripts. `sandbox` without `allow-same-origin` gives it an origin of its own: it
 * has no part in what the browser knows of the workspace (the password of the run page, storage), and can read no other page. It sends nothing elsewhere.
 */
const policy = [
  'sandbox allow-scripts allow-forms allow-popups allow-downloads',
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  // The address holds the ticket.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  // Modules and data are asked for by a page without an origin; the ticket in the address is the right to them.
  'access-control-allow-origin': '*',
};

/** Spark's scripts remember in it which tables are folded; where a page has no origin the browser refuses it, and they would stop. */
const storage = `<script>(() => {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(String(key)) ?? null,
    setItem: (key, value) => void kept.set(String(key), String(value)),
    removeItem: (key) => void kept.delete(String(key)),
    clear: () => kept.clear(),
  };
  for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { value: storage });
})()</script>`;

/** The page with a storage that lasts as long as it is shown. */
export function withStorage(html: string): string {
  return html.replace(/<head>/, () => `<head>${storage}`);
}
