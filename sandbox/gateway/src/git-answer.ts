import { failureOf, SlowLaneError } from '@slowlane/contracts';

/** The part of an answer that is judged. */
interface Answer {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
}

/** Why an answer of a git host is none; `undefined` when it is one. */
export function gitFailureOf(url: URL, answer: Answer, asked: { hasCredentials: boolean }): SlowLaneError | undefined {
  const { statusCode: status, headers } = answer;
  if (status === 200) return protocolFault(url, String(headers['content-type'] ?? ''));
  if (status >= 300 && status < 400) {
    return new SlowLaneError('source.refused', `${url.href}: it redirects to ${placeOf(headers['location'])}`, {
      hint: 'The repository has moved, and redirects are not followed: use its new address.',
    });
  }
  if (status === 401 || status === 403 || status === 404) return notThere(url, status, asked.hasCredentials);
  if (status === 429 || status >= 500) return new SlowLaneError('source.unreachable', `${url.href}: status ${status}`);
  return new SlowLaneError('source.refused', `${url.href}: status ${status}`);
}

/** Hosts answer 404 as well as 401 for what the caller may not see. */
function notThere(url: URL, status: number, hasCredentials: boolean): SlowLaneError {
  return new SlowLaneError('source.not-found', `${url.href}: not found, or not for us (status ${status})`, {
    hint: hasCredentials
      ? 'Check source.git, and whether the token that sources in slowlane.yaml names may read the repository.'
      : 'Check source.git; a private repository needs a token: sources: [{ match: …, token_env: … }] in slowlane.yaml.',
  });
}

function protocolFault(url: URL, contentType: string): SlowLaneError | undefined {
  if (/^application\/x-git-upload-pack-(?:advertisement|result)\b/.test(contentType)) return undefined;
  return new SlowLaneError('source.not-found', `${url.href}: it does not answer as a git repository does`, {
    hint: 'Check source.git: the address must be that of a repository that serves the smart protocol.',
  });
}

/** Only the place: an address may hold credentials, and it is a stranger's text. */
function placeOf(location: string | string[] | undefined): string {
  const text = String(location ?? '');
  return URL.canParse(text) ? new URL(text).origin : 'another address';
}

/** Whatever went wrong on the way to a git host, as a failure of the source. */
export function asSourceFailure(url: URL, error: unknown): SlowLaneError {
  // An error of the connection may hold ours as its cause: what the look-up found.
  const { cause, message } = error as Error;
  const known = error instanceof SlowLaneError ? error : cause;
  if (known instanceof SlowLaneError)
    return known.code === 'gateway.denied'
      ? new SlowLaneError('source.refused', known.message, { cause: known })
      : known;
  const text = message.replace(/\s+/g, ' ').slice(0, 300);
  if (/certificate|self.signed|altname/i.test(text))
    return new SlowLaneError('source.refused', `${url.href}: ${text}`, {
      hint: "The host's certificate is not trusted: set ca_bundle in slowlane.yaml.",
      cause: error,
    });
  return new SlowLaneError('source.unreachable', `${url.href}: ${text}`, { cause: failureOf(error) });
}
