import { type BuildLogLine, isBuildTerminal, scrub } from '@slowlane/contracts';
import type { BuildState } from '@slowlane/contracts';
import type { BlockingPool } from '../redis/blocking-pool.ts';
import type { Store } from '../redis/store.ts';

const MOST_LINES = 50_000;
const MOST_BYTES = 8 * 1_048_576;
const LONGEST_LINE = 16_384;
const CHUNK = 500;
const RECENT_MS = 2_000;
const SHORTLY_MS = 100;

type Entry = [id: string, fields: string[]];

/** Adds lines to the live log of a build; the whole log is a blob of the build. */
export async function appendLog(store: Store, id: string, lines: readonly string[]): Promise<void> {
  for (let from = 0; from < lines.length; from += CHUNK) {
    const chunk = lines.slice(from, from + CHUNK).map((line) => scrub(line.slice(0, LONGEST_LINE)));
    await store.run('append-log', id, MOST_LINES, MOST_BYTES, ...chunk);
  }
}

/**
 * Lines after a position, waiting up to `blockMs` for the first. Comes back early, with none, when the build ends or is published while
 * it waits, so that a follower can look at the state at once.
 */
export async function readLog(
  { store, pool }: { store: Store; pool: BlockingPool },
  id: string,
  from: { after: string; count: number; blockMs: number },
): Promise<BuildLogLine[]> {
  const stream = store.keys.of(`build-log:${id}`);
  let deadline = Date.now() + from.blockMs;
  let after = from.after === '' ? '0-0' : from.after;
  for (let first = true; ; first = false) {
    const blockMs = first ? 0 : deadline - Date.now();
    if (!first && blockMs <= 0) return [];
    const entries = await pool.use((redis) =>
      blockMs > 0
        ? redis.xread('COUNT', from.count, 'BLOCK', blockMs, 'STREAMS', stream, after)
        : redis.xread('COUNT', from.count, 'STREAMS', stream, after),
    );
    const found = (entries?.[0]?.[1] ?? []) as Entry[];
    const lines = found
      .filter(([, [name]]) => name === 'line')
      .map(([line, fields]) => ({ id: line, text: fields[1] as string }));
    if (lines.length > 0) return lines;
    const [mark, fields] = found.at(-1) ?? [];
    if (mark === undefined || fields === undefined) continue;
    if (!first || isBuildTerminal(fields[1] as BuildState)) return [];
    // It stood there before this call: old news, or it came between the follower's last look at the state and now.
    if (Date.now() - Number(mark.split('-')[0]) < RECENT_MS) deadline = Math.min(deadline, Date.now() + SHORTLY_MS);
    after = mark;
  }
}
