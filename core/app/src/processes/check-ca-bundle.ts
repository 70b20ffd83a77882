import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { run } from '@slowlane/process';
import type { Account } from '../ground/service-user.ts';
import type { Enclosure } from './enclosure.ts';
import type { Installation } from './installation.ts';

/** Where every account can read a bundle. */
const openPlace = '/etc/slowlane/ca.pem';

/**
 * Throws `config.invalid` when `account` cannot read the bundle that slowlane.yaml names, with the command that mends it. Asked as that account
 * and before anything starts: to root, who often starts Slow Lane and wrote the file, every file is open.
 */
export async function checkCaBundle(
  { config, environment }: Pick<Installation, 'config' | 'environment'>,
  { account, enclosure }: { account: Account; enclosure: Enclosure },
): Promise<void> {
  if (config.ca_bundle === undefined) return;
  // As the processes see it, which start in `/`.
  const file = resolve('/', config.ca_bundle);
  const may = async (right: '-r' | '-x', path: string) => {
    const { exitCode, stderr } = await run([...enclosure.prefix(account), '/usr/bin/test', right, path], { cwd: '/' });
    // No is 1 without a word; where it could not even be asked, the start itself says why.
    return exitCode !== 1 || stderr !== '';
  };
  if (await may('-r', file)) return;
  const refused = (why: string, hint: string): SlowLaneError =>
    new SlowLaneError('config.invalid', `${environment.configFile}: ca_bundle: ${file}: ${why}`, { hint });
  if (!existsSync(file)) throw refused('there is no such file', 'Name a file with certificates (PEM).');
  const who = await nameOf(account);
  for (const folder of foldersAbove(file)) {
    if (await may('-x', folder)) continue;
    throw refused(
      `the user ${who} cannot read it, because the folder ${folder} is closed to others`,
      `Run: install -m 0644 -D ${file} ${openPlace}; and set ca_bundle: ${openPlace}`,
    );
  }
  throw refused(`the user ${who} cannot read it`, `Run: chmod o+r ${file}`);
}

/** From the outermost to the innermost; of a link also those of what it leads to. */
function foldersAbove(file: string): string[] {
  const above = (path: string): string[] => (path === '/' ? [] : [...above(dirname(path)), dirname(path)]);
  return [...new Set([...above(file), ...above(realpathSync(file))])];
}

async function nameOf({ uid }: Account): Promise<string> {
  const result = await run(['/usr/bin/id', '-nu', String(uid)]);
  return result.ok ? result.stdout.trim() : String(uid);
}
