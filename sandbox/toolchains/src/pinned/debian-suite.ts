import { readFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';

/** The release of Debian, or of what is made from it, that this machine has: `bookworm`. Throws `ground.missing` elsewhere. */
export function debianSuite(release = readFileSync('/etc/os-release', 'utf8')): string {
  const suite = /^VERSION_CODENAME="?([a-z0-9-]+)"?$/m.exec(release)?.[1];
  if (suite !== undefined) return suite;
  throw new SlowLaneError('ground.missing', 'sandbox.root: a pinned root file system is made from Debian packages', {
    hint: 'This machine names no release of Debian in /etc/os-release: use sandbox: { root: host }.',
  });
}
