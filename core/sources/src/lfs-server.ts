import { LfsAuthentication, type LfsServer, SlowLaneError } from '@slowlane/contracts';
import { checkGitUrl, type FetchAllowance } from './git-url.ts';

/** `mayBePrivate`: the operator named its host. */
export type NamedLfsServer = LfsServer & { mayBePrivate: boolean };

/** The answer is the host's own word: it may lead to the host itself, and else where the operator lets sources come from. */
export function readLfsServer(answer: string, { url, allow }: { url: URL; allow: FetchAllowance }): NamedLfsServer {
  const { href, header } = parse(answer, url);
  const named = allow.hosts.filter((host) => host !== '*');
  const server = checkServer(href, [...named, url.hostname], url);
  const isItself = server.host === url.hostname && named.includes(url.host);
  return { url: server.href, headers: header ?? {}, mayBePrivate: isItself || named.includes(server.host) };
}

function parse(answer: string, url: URL): LfsAuthentication {
  try {
    return LfsAuthentication.parse(JSON.parse(answer));
  } catch (error) {
    throw refused(url, 'what its host says of LFS cannot be read', error);
  }
}

function checkServer(href: string, hosts: readonly string[], url: URL): URL {
  try {
    return checkGitUrl(href, { protocols: ['https'], hosts });
  } catch (error) {
    const host = URL.canParse(href) ? new URL(href).host : '';
    throw new SlowLaneError('source.refused', `${url.href}: its LFS files are elsewhere: ${(error as Error).message}`, {
      hint: `Name that server in slowlane.yaml if it may be asked: sources: [{ match: https://${host || 'HOST'}/* }].`,
      cause: error,
    });
  }
}

function refused(url: URL, reason: string, cause?: unknown): SlowLaneError {
  return new SlowLaneError('source.refused', `${url.href}: ${reason}`, { cause });
}
