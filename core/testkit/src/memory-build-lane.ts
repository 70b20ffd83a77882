import {
  type BuildFindings,
  type BuildLane,
  type BuildLogLine,
  type BuildRecord,
  type BuildState,
  type Failure,
  isBuildTerminal,
  SlowLaneError,
} from '@slowlane/contracts';

export interface MemoryBuildLane extends BuildLane {
  /** Text of the whole log. */
  text(id: string): string;
  /** Every state that a build went through, and the notes given with it. */
  history(id: string): { state: BuildState; note: Record<string, unknown> | undefined }[];
  /** Called after each start: where a test lets its build happen. */
  onStart: (record: BuildRecord) => void;
}

interface Entry {
  record: BuildRecord;
  lines: string[];
  outcome: 'completed' | 'aborted' | undefined;
  history: { state: BuildState; note: Record<string, unknown> | undefined }[];
}

/** A `BuildLane` in memory that keeps the port's promises: idempotent start, no change after the end, log by position. */
export function createMemoryBuildLane(): MemoryBuildLane {
  const entries = new Map<string, Entry>();
  let waiting: (() => void)[] = [];
  const changed = (): void => {
    for (const wake of waiting) wake();
    waiting = [];
  };
  const entryOf = (id: string): Entry => {
    const entry = entries.get(id);
    if (entry === undefined) throw new SlowLaneError('build.not-found', `there is no build ${id}`);
    return entry;
  };
  const move = (
    entry: Entry,
    state: BuildState,
    found: Partial<BuildFindings>,
    note?: Record<string, unknown>,
  ): BuildRecord => {
    if (isBuildTerminal(entry.record.state))
      throw new SlowLaneError('queue.fenced', `build ${entry.record.id} has ended`);
    entry.record = {
      ...entry.record,
      state,
      found: { ...entry.record.found, ...found },
      endedAt: isBuildTerminal(state) ? Date.now() : undefined,
    };
    entry.history.push({ state, note });
    changed();
    return structuredClone(entry.record);
  };

  const lane: MemoryBuildLane = {
    onStart: () => undefined,
    text: (id) => entryOf(id).lines.join('\n'),
    history: (id) => entryOf(id).history,
    async start(build) {
      const known = entries.get(build.id);
      if (known !== undefined) return structuredClone(known.record);
      const record: BuildRecord = {
        ...build,
        state: 'queued',
        createdAt: Date.now(),
        endedAt: undefined,
        failure: undefined,
        found: {},
      };
      entries.set(build.id, { record, lines: [], outcome: undefined, history: [] });
      lane.onStart(structuredClone(record));
      return structuredClone(record);
    },
    get: async (id) => structuredClone(entries.get(id)?.record),
    list: async (limit) => [...entries.values()].slice(-limit).map(({ record }) => structuredClone(record)),
    advance: async (id, state, found, note) => move(entryOf(id), state, found, note),
    async fail(id, failure: Failure) {
      const entry = entryOf(id);
      if (isBuildTerminal(entry.record.state)) return;
      move(entry, 'failed', {});
      entry.record = { ...entry.record, failure };
    },
    async cancel(id) {
      if (!isBuildTerminal(entryOf(id).record.state)) move(entryOf(id), 'cancelled', {});
    },
    async log(id, lines) {
      entryOf(id).lines.push(...lines);
      changed();
    },
    async readLog(id, after, count, blockMs) {
      const from = Number.parseInt(after, 10) || 0;
      const read = (): BuildLogLine[] =>
        entryOf(id)
          .lines.slice(from, from + count)
          .map((text, index) => ({ id: `${from + index + 1}-0`, text }));
      if (read().length === 0 && blockMs > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        const timer = setTimeout(resolve, blockMs);
        await promise;
        clearTimeout(timer);
      }
      return read();
    },
    async confirmPush(id, outcome) {
      entryOf(id).outcome ??= outcome;
      changed();
    },
    pushOutcome: async (id) => entries.get(id)?.outcome,
  };
  return lane;
}
