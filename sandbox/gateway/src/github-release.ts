import { GithubRelease } from './schema.ts';
import { discard, type Upstream, type UpstreamAnswer, upstreamBase } from './upstream.ts';

export const githubApi = 'https://api.github.com/';

const MAX_ANSWER_BYTES = 8 * 1024 ** 2;

/**
 * SHA-256 (hex) that GitHub's API states for a file of a release, by the path of its address: `owner/name/releases/download/TAG/FILE`.
 * `undefined` for other paths, for releases from before there were digests, and where the API gives none (it counts calls per address).
 */
export async function releaseDigest(upstream: Upstream, api: string, below: string): Promise<string | undefined> {
  const [, repo, tag, file] = /^([^/]+\/[^/]+)\/releases\/download\/(.+)\/([^/]+)$/.exec(below) ?? [];
  if (repo === undefined || tag === undefined) return undefined;
  const base = upstreamBase('github', api);
  const url = new URL(`repos/${repo}/releases/tags/${encodeURIComponent(tag)}`, base.url);
  try {
    const answer = await upstream.get(base, url, { accept: 'application/vnd.github+json' });
    const release = GithubRelease.parse(JSON.parse(await textOf(answer)));
    const digest = release.assets.find(({ name }) => name === file)?.digest ?? '';
    return /^sha256:([0-9a-f]{64})$/i.exec(digest)?.[1]?.toLowerCase();
  } catch {
    return undefined;
  }
}

async function textOf(answer: UpstreamAnswer): Promise<string> {
  if (answer.status !== 200) {
    discard(answer);
    throw new Error(`status ${answer.status}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += (chunk as Buffer).length;
    // Leaving the loop ends the connection.
    if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
