import type { Json, JsonObject } from '@slowlane/contracts';

export const clientNames = ['raw', 'ours', 'python', 'java'] as const;
export type ClientName = (typeof clientNames)[number];

/**
 * `faults`: the control API of the local workspace. `programs`: Python programs that run; `clusters`: all-purpose clusters that start;
 * `spark`: programs that use Spark, and notebooks. `principals`: a service principal, as `{client_id}` and `{client_secret}`.
 */
export type Need = 'faults' | 'programs' | 'clusters' | 'spark' | 'principals';

/** Where a claim comes from. `cli`: a bare fact that others recorded; `ours`: our own proposal; neither these nor `unverified` are the vendor's word. */
export interface Source {
  kind: 'sdk' | 'doc' | 'issue' | 'cli' | 'ours' | 'unverified';
  at: string;
}

/** One claim about a workspace, as data. */
export interface Case {
  /** `area/what-is-claimed`, unique. */
  id: string;
  /** The claim, as a sentence. */
  title: string;
  source: Source;
  needs: readonly Need[];
  /** Which clients can say it; the rest of the table says `why` not. */
  clients: readonly ClientName[];
  why?: string;
  steps: readonly Step[];
}

/**
 * Text in `{braces}` is filled from what earlier steps saved; a text that is one name alone keeps the type it was saved with. Always there:
 * `{unique}`, `{volume}`, `{folder}` (of workspace objects), `{spark_version}`, `{node_type}`.
 */
export type Step = CallStep | HttpStep | FaultStep;

interface Answered {
  /** Name -> path in the answer. */
  save?: Record<string, string>;
  expect?: Expect;
  /** Asked again until this holds, then `expect` is checked. */
  until?: Expect;
}

/**
 * A call by the name that the SDKs have for it: see `operations`. `contents` of a file may be said with `contents_times`, so that a large file
 * needs no large case, or as `contents_base64`.
 */
export interface CallStep extends Answered {
  call: string;
  with?: JsonObject;
}

/** Exact bytes, which only the raw client can send. */
export interface HttpStep extends Answered {
  http: { method: string; path: string; body?: string; headers?: Record<string, string>; withoutToken?: boolean };
}

/** Spoils the next calls of the local workspace, or its clusters or runs. */
export interface FaultStep {
  fault: JsonObject;
  on?: 'clusters' | 'runs';
}

export interface Expect {
  /** Path -> exact value, or a `Matcher`. */
  has?: Record<string, Json | Matcher>;
  /** Path -> number of elements; a missing list has none. */
  count?: Record<string, number>;
  error?: ExpectedError;
  /** What only the bytes show: the SDKs fill in and leave out by themselves. */
  wire?: {
    status?: number;
    absent?: readonly string[];
    present?: readonly string[];
    count?: Record<string, number>;
    headers?: Record<string, string>;
    has?: Record<string, Json | Matcher>;
    /** Regular expression over the whole body. */
    text?: string;
  };
}

export interface ExpectedError {
  status: number;
  code?: string;
  /** Regular expression. */
  message?: string;
  /** Whether official clients turn it into "does not exist". */
  isMissing?: boolean;
}

/** `contains`: some element of the list has at least this. */
export type Matcher = { matches: string } | { contains: Json } | { oneOf: Json[] } | { isNot: Json };

/** What a client saw: the answer in the API's own words, or the error. */
export interface Answer {
  body: JsonObject;
  error?: { status?: number | undefined; code?: string | undefined; message: string; isMissing: boolean };
  /** Only of clients that see them. */
  wire?: { status: number; headers: Record<string, string>; text: string };
}

export interface Client {
  name: ClientName;
  /** Of the SDK or of this product. */
  version: string;
  /** Why it cannot say this, or nothing. */
  cannot(step: CallStep | HttpStep): string | undefined;
  /** Whether it carries this top-level key of the call's answer at all. */
  shows(call: string, key: string): boolean;
  send(step: CallStep | HttpStep): Promise<Answer>;
  close(): Promise<void>;
}
