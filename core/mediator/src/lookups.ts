import {
  type HttpLookup,
  type HttpLookups,
  type Json,
  type JsonObject,
  SlowLaneError,
  type TableLookup,
  type VolumeStore,
  isTemporary,
} from '@slowlane/contracts';
import { parseDuration } from '@slowlane/kit';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { type ExpiringCache, createExpiringCache } from './expiring-cache.ts';
import { readValues } from './read-values.ts';

/** Where one request's look-ups find what they ask for. */
export interface LookupPlace {
  /** Workspace of the request: the same path on another one is another table. */
  workspace: string;
  volumes: VolumeStore;
}

/** Look-ups of `enrich`, with what was read before. One for the whole mediator. */
export interface Lookups {
  /** The row (or its column) of the table whose `by` is the key; `undefined` when there is none. */
  table(step: string, lookup: TableLookup, of: LookupPlace & { key: Json }): Promise<Json | undefined>;
  /** The service's answer; `undefined` for 404. */
  http(step: string, lookup: HttpLookup, key: Json | undefined): Promise<Json | undefined>;
}

type Table = Map<string, JsonObject>;

const mostTableBytes = 67_108_864;
const mostAnswerBytes = 262_144;
const mostAnswersBytes = 16_777_216;

export function createLookups(deps: { http: HttpLookups | undefined; now?: () => number }): Lookups {
  const clock = deps.now === undefined ? {} : { now: deps.now };
  const tables = createExpiringCache<Table>({ mostEntries: 200, mostSize: mostTableBytes, ...clock });
  const answers = createExpiringCache<Json | undefined>({ mostEntries: 5_000, mostSize: mostAnswersBytes, ...clock });
  const breaker = createCircuitBreaker(deps.now);
  return {
    async table(step, lookup, { workspace, volumes, key }) {
      const { table: path, by, value, ttl } = lookup;
      const table = await tables.get(JSON.stringify([workspace, path, by]), parseDuration(ttl), () =>
        readTable(volumes, { step, path, by }),
      );
      const row = table.get(textOf(key));
      return value === undefined ? row : row?.[value];
    },
    http: (step, lookup, key) => ask({ step, lookup, key, answers, breaker, http: deps.http }),
  };
}

async function readTable(
  volumes: VolumeStore,
  { step, path, by }: { step: string; path: string; by: string },
): Promise<{ value: Table; size: number }> {
  const { values, bytes } = await readValues(volumes, path, step);
  const table: Table = new Map();
  for (const row of values) {
    if (typeof row !== 'object' || row === null || Array.isArray(row) || row[by] === undefined)
      throw new SlowLaneError('mediate.failed', `${step}: a row of "${path}" has no column "${by}"`, {
        data: { step },
      });
    const key = textOf(row[by]);
    // The first row counts, so that a table reads the same from top to bottom.
    if (!table.has(key)) table.set(key, row);
  }
  // Objects take several times the text that they came from.
  return { value: table, size: bytes * 4 };
}

/** Keys are compared as text, because a CSV file knows nothing else. */
function textOf(key: Json): string {
  return typeof key === 'string' ? key : JSON.stringify(key);
}

async function ask(call: {
  step: string;
  lookup: HttpLookup;
  key: Json | undefined;
  answers: ExpiringCache<Json | undefined>;
  breaker: CircuitBreaker;
  http: HttpLookups | undefined;
}): Promise<Json | undefined> {
  const { step, lookup, answers, breaker, http } = call;
  const url = lookup.http.replaceAll('{key}', call.key === undefined ? '' : encodeURIComponent(textOf(call.key)));
  if (http === undefined)
    throw new SlowLaneError('mediate.lookup-refused', `${step}: HTTP look-ups are not available here`);
  const limits = { timeoutMs: parseDuration(lookup.timeout), maxBytes: mostAnswerBytes };
  try {
    return await answers.get(url, parseDuration(lookup.ttl), () =>
      breaker.run(new URL(url).host, async () => {
        const value = answerOf(new URL(url).origin, await http.get(url, limits));
        return { value, size: JSON.stringify(value ?? null).length + url.length };
      }),
    );
  } catch (error) {
    if (!(error instanceof SlowLaneError)) throw error;
    throw new SlowLaneError(error.code, `${step}: ${error.message}`, {
      cause: error,
      hint: error.hint,
      data: { ...error.data, step, temporary: isTemporary(error) },
    });
  }
}

function answerOf(origin: string, { status, json }: { status: number; json: Json | undefined }): Json | undefined {
  if (status === 404) return undefined;
  if (status >= 200 && status < 300 && json !== undefined) return json;
  const what = status >= 200 && status < 300 ? 'something that is not JSON' : String(status);
  // What the service says to this very question will not change by asking again, except that it is overloaded or broken.
  const isPassing = status >= 500 || status === 429 || status === 408;
  throw new SlowLaneError(isPassing ? 'mediate.lookup-unavailable' : 'mediate.failed', `${origin} answered ${what}`, {
    data: { status },
  });
}
