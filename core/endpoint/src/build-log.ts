import { type BuildRecord, isBuildTerminal } from '@slowlane/contracts';
import type { EndpointDeps } from './endpoint-deps.ts';

/** Lines; the longest are 16,384 characters, and a batch is kept for each follower that does not read. */
const BATCH = 50;
const WAIT_MS = 1_000;

export interface BuildLogQuery {
  /** Lines to leave out: those the caller has from before. */
  skip: number;
  /** Go on until the build has ended. */
  follow: boolean;
  /** Ends the following early. */
  until: AbortSignal;
}

/** The log of a build in pieces of whole lines: from Redis while it is there, else from the stored copy. */
export async function* readBuildLog(
  deps: Pick<EndpointDeps, 'builds' | 'blobs'>,
  build: BuildRecord,
  query: BuildLogQuery,
): AsyncGenerator<string> {
  let left = query.skip;
  for await (const lines of isBuildTerminal(build.state) && build.found.log !== undefined
    ? storedLines(deps, build.found.log)
    : liveLines(deps, build.id, query)) {
    const wanted = lines.slice(left);
    left -= lines.length - wanted.length;
    if (wanted.length > 0) yield `${wanted.join('\n')}\n`;
  }
}

async function* liveLines(
  deps: Pick<EndpointDeps, 'builds'>,
  id: string,
  { follow, until }: BuildLogQuery,
): AsyncGenerator<string[]> {
  let after = '';
  while (!until.aborted) {
    // The state first: lines written before the end are then all there when the read comes back empty.
    const build = await deps.builds.get(id);
    const goesOn = follow && build !== undefined && !isBuildTerminal(build.state);
    const lines = await deps.builds.readLog(id, after, BATCH, goesOn ? WAIT_MS : 0);
    if (lines.length === 0 && !goesOn) return;
    after = lines.at(-1)?.id ?? after;
    yield lines.map(({ text }) => text);
  }
}

async function* storedLines(deps: Pick<EndpointDeps, 'blobs'>, digest: string): AsyncGenerator<string[]> {
  const { stream } = await deps.blobs.open(digest);
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() as string;
    yield lines;
  }
  if (rest !== '') yield [rest];
}
