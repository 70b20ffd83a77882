import { SlowLaneError } from '@slowlane/contracts';

/** `Authorization` header for the repositories that `match` covers: an https address, or the beginning of one with `/*` at its end. */
export interface GitCredential {
  match: string;
  authorization: string;
}

/** A deploy key for the repositories that `match` covers: an ssh address, or the beginning of one. */
export interface GitKey {
  match: string;
  privateKey: string;
  /** Keys that the host must have: `ssh-ed25519 AAAA…`. */
  hostKeys: readonly string[];
}

/** What to send to this repository; the longest match counts. `undefined`: it is asked without. */
export function credentialFor(credentials: readonly GitCredential[], repository: URL): string | undefined {
  return bestMatch(credentials, repository)?.authorization;
}

/** The key for this repository. Throws `source.refused` where there is none: nobody is asked over ssh without. */
export function keyFor(keys: readonly GitKey[], repository: URL): GitKey {
  const found = bestMatch(keys, repository);
  if (found !== undefined) return found;
  throw new SlowLaneError('source.refused', `${repository.href}: there is no deploy key for it`, {
    hint: 'Name one in slowlane.yaml: sources: [{ match: ssh://git@host/team/*, key_env: …, host_keys: […] }].',
  });
}

function bestMatch<T extends { match: string }>(all: readonly T[], repository: URL): T | undefined {
  const fitting = all.filter(({ match }) => covers(match, repository));
  return fitting.sort((a, b) => b.match.length - a.match.length)[0];
}

/**
 * Whole parts of the path only, so that `team/*` never covers `team-of-others/x`. An encoded character in an address may mean a slash or
 * a dot to the server and lead out of the part that was matched: such an address gets no credentials.
 */
function covers(match: string, repository: URL): boolean {
  if (repository.pathname.includes('%')) return false;
  const isPrefix = match.endsWith('/*');
  const wanted = parse(isPrefix ? match.slice(0, -1) : match);
  if (serverOf(wanted) !== serverOf(repository)) return false;
  return isPrefix
    ? repository.pathname.startsWith(wanted.pathname)
    : withoutGit(repository.pathname) === withoutGit(wanted.pathname);
}

/** The origin of an ssh address is `null`. */
function serverOf({ protocol, username, host }: URL): string {
  return `${protocol}//${username}@${host}`;
}

function withoutGit(path: string): string {
  return path.replace(/\/+$/, '').replace(/\.git$/, '');
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['https:', 'ssh:'].includes(url.protocol) || url.pathname.includes('*')) {
    throw new SlowLaneError('config.invalid', `sources: match ${JSON.stringify(text)} is no https or ssh address`, {
      hint: 'Write the address of a repository, or the beginning of several with /* at its end.',
    });
  }
  return url;
}
