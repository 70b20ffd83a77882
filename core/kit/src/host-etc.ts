/**
 * What of `/etc` a sandbox on the machine's own `/usr` may see: settings that its tools cannot do without, and nothing that
 * names users, hosts or secrets. A trailing `*` stands for any rest of the name.
 */
export const hostEtcEntries: readonly string[] = [
  'alternatives',
  'java-*',
  'ssl/certs',
  'maven',
  'gradle',
  'groovy',
  'R',
  'python3*',
  'fonts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
];

/** Whether an absolute path is one of these entries, or lies below one. */
export function isHostEtcEntry(path: string): boolean {
  const inner = path.startsWith('/etc/') ? path.slice('/etc/'.length) : undefined;
  if (inner === undefined) return false;
  return hostEtcEntries.some((entry) => matchesEntry(inner, entry));
}

function matchesEntry(inner: string, entry: string): boolean {
  if (!entry.endsWith('*')) return inner === entry || inner.startsWith(`${entry}/`);
  return inner.startsWith(entry.slice(0, -1));
}
