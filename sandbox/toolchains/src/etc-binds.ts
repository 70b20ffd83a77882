import { existsSync, readdirSync } from 'node:fs';
import type { RootSpec } from '@slowlane/contracts';
import { hostEtcEntries } from '@slowlane/kit';

const bundleInside = '/etc/ssl/certs/ca-certificates.crt';

/** The entries of this machine's `/etc` that a sandbox sees, and the CA bundle over the machine's own. */
export function etcBinds(caBundle?: string, etc = '/etc'): RootSpec['binds'] {
  const names = hostEtcEntries.flatMap((entry) => expand(etc, entry));
  // A file cannot be laid over a place that a read-only folder does not have: then the bundle stands alone.
  const hasPlace = caBundle === undefined || existsSync(`${etc}/ssl/certs/ca-certificates.crt`);
  const kept = hasPlace
    ? names
    : names.flatMap((name) => (name === 'ssl/certs' ? expand(etc, 'ssl/certs/java') : [name]));
  const binds = kept.map((name) => ({ source: `${etc}/${name}`, target: `/etc/${name}` }));
  return caBundle === undefined ? binds : [...binds, { source: caBundle, target: bundleInside }];
}

function expand(etc: string, entry: string): string[] {
  if (!entry.endsWith('*')) return existsSync(`${etc}/${entry}`) ? [entry] : [];
  const prefix = entry.slice(0, -1);
  return readdirSync(etc)
    .filter((name) => name.startsWith(prefix))
    .sort();
}
