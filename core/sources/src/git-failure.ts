import { type ErrorCode, SlowLaneError } from '@slowlane/contracts';
import { GitFailure } from './git.ts';

/** Words of git and curl, and whose fault they tell of. Git gives no codes; anything unknown is shown as it is. */
const meanings: readonly [RegExp, ErrorCode][] = [
  [/ssh: (?:not found|no such file)|cannot run .*ssh/i, 'ground.missing'],
  [/host key verification failed|host identification has changed|no .*host key is known/i, 'source.refused'],
  [/permission denied \(|error in libcrypto|invalid format|incorrect passphrase/i, 'source.not-found'],
  [
    /fsck error|fsck|unresolved deltas|did not receive expected object|broken (?:object|link)|pack (?:is corrupted|has bad|has junk)|invalid index-pack|index-pack failed|unpacker error|inflate|bad object|pack signature|object .* corrupt/i,
    'source.refused',
  ],
  [/certificate|ssl_|tls_/i, 'source.refused'],
  [
    /transport '.*' not allowed|returned error: 30\d|unable to update url base from redirection|dubious ownership|object format/i,
    'source.refused',
  ],
  [
    /could not resolve host|failed to connect|couldn't connect|connection (?:refused|reset|timed out)|timed out|timeout|returned error: (?:5|429)|early eof|unexpected disconnect|hung up|transfer closed/i,
    'source.unreachable',
  ],
  [
    /not found|returned error: 40[134]|could not read username|does not appear to be a git repository|does not exist|not our ref|couldn't find remote ref|bad revision|not a valid object name|not a tree|unknown revision/i,
    'source.not-found',
  ],
];

/** What to do, by words or else by code. */
const hints: readonly [RegExp | ErrorCode, string][] = [
  ['ground.missing', 'apt-get install openssh-client'],
  [
    /host key|host identification/i,
    "The host's key is none of host_keys in slowlane.yaml: somebody is in between, or the host has new keys.",
  ],
  [
    /permission denied \(|libcrypto|invalid format|passphrase/i,
    'The deploy key that key_env names must be one of this repository, without a passphrase.',
  ],
  [/certificate/i, "The host's certificate is not trusted: set the CA bundle of your company in slowlane.yaml."],
  [
    /returned error: 30\d|redirection/i,
    'The repository has moved, and redirects are not followed: use its new address.',
  ],
  [
    'source.not-found',
    'Check source.git, source.ref and source.path; a private repository needs a token or deploy key: sources in slowlane.yaml.',
  ],
  ['source.refused', 'The repository holds or sends something that is not safe to take; run "git fsck" on it.'],
];

/**
 * Turns a failed run of git into a failure of ours; `what` names the value the user gave, `known` the code where only one makes sense.
 * Other errors pass through.
 */
export function mapGitFailure(error: unknown, what: string, known?: ErrorCode): Error {
  if (!(error instanceof GitFailure)) return error as Error;
  const text = firstLines(error.message);
  if (error.wasAborted) return new SlowLaneError('source.unreachable', `${what}: it took too long`, { cause: error });
  const code = known ?? meanings.find(([words]) => words.test(error.message))?.[1] ?? 'source.not-found';
  const hint = hints.find(([about]) => (typeof about === 'string' ? about === code : about.test(error.message)))?.[1];
  return new SlowLaneError(code, `${what}: ${text}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

function firstLines(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(0, 4)
    .join(' | ')
    .slice(0, 600);
}
