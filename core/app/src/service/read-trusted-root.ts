import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkTrustedRoot } from '@slowlane/artifacts';
import { SlowLaneError } from '@slowlane/contracts';

/** The operator's root of trust for Sigstore bundles, read once at the start. Throws `config.invalid` for a file that is none. */
export function readTrustedRoot(file: string | undefined, configFile: string): { trustedRoot?: string } {
  if (file === undefined) return {};
  const path = resolve(dirname(configFile), file);
  const refused = (why: string): SlowLaneError =>
    new SlowLaneError('config.invalid', `${configFile}: sigstore.trusted_root: ${path}: ${why}`, {
      hint: 'Name a trusted_root.json of the Sigstore whose bundles are to be verified.',
    });
  let trustedRoot: string;
  try {
    trustedRoot = readFileSync(path, 'utf8');
  } catch (error) {
    throw refused((error as NodeJS.ErrnoException).code ?? String(error));
  }
  const why = checkTrustedRoot(trustedRoot);
  if (why !== undefined) throw refused(why);
  return { trustedRoot };
}
