import { SlowLaneError } from '@slowlane/contracts';

/** `Authorization` header for the repositories that `match` covers: an https address, or the beginning of one with `/*` at its end. */
export interface GitCredential {
  match: string;
  authorization: string;
}

/** What to send to this repository; the longest match counts. `undefined`: it is asked without. */
export function credentialFor(credentials: readonly GitCredential[], repository: URL): string | undefined {
  const fitting = credentials.filter(({ match }) => covers(match, repository));
  return fitting.sort((a, b) => b.match.length - a.match.length)[0]?.authorization;
}

/**
 * Whole parts of the path only, so that `team/*` never covers `team-of-others/x`. An encoded character in an address may mean a slash or
 * a dot to the server and lead out of the part that was matched: such an address gets no credentials.
 */
function covers(match: string, repository: URL): boolean {
  if (repository.pathname.includes('%')) return false;
  const isPrefix = match.endsWith('/*');
  const wanted = parse(isPrefix ? match.slice(0, -1) : match);
  if (wanted.origin !== repository.origin) return false;
  return isPrefix
    ? repository.pathname.startsWith(wanted.pathname)
    : withoutGit(repository.pathname) === withoutGit(wanted.pathname);
}

function withoutGit(path: string): string {
  return path.replace(/\/+$/, '').replace(/\.git$/, '');
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'https:' || url.pathname.includes('*')) {
    throw new SlowLaneError('config.invalid', `sources: match ${JSON.stringify(text)} is no https address`, {
      hint: 'Write the address of a repository, or the beginning of several with /* at its end.',
    });
  }
  return url;
}
