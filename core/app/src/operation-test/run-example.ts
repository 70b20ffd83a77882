import {
  type Failure,
  type HttpLookups,
  type Json,
  type ModuleHost,
  type PartRecord,
  type PipelineFile,
  SlowLaneError,
} from '@slowlane/contracts';
import {
  createLookups,
  createMemoryVolume,
  failureUnderPolicy,
  joinByModule,
  type Mediated,
  mediate,
  missingParts,
  moduleOf,
} from '@slowlane/mediator';
import { differences } from './difference.ts';
import type { JoinExample, OperationExample } from './schema.ts';

export interface ExampleTools {
  file: PipelineFile;
  modules: ModuleHost;
  mostParts: number;
}

/** What is wrong with one example, in words; nothing when all is as expected. */
export async function runExample(example: OperationExample, tools: ExampleTools): Promise<string[]> {
  const problems = example.expect === undefined ? [] : judge(example.expect, await mediated(example, tools));
  if (example.join !== undefined) problems.push(...(await judgeJoin(example, example.join, tools)));
  if (example.expect === undefined && example.join === undefined)
    problems.push('nothing is expected: add expect or join');
  return problems;
}

function mediated({ body, given }: OperationExample, { file, modules, mostParts }: ExampleTools): Promise<Mediated> {
  const files = Object.entries(given.files).map(([path, rows]) => [path, textOf(path, rows)]);
  return mediate(file, body, {
    mostParts,
    modules,
    place: { workspace: 'example', volumes: createMemoryVolume(Object.fromEntries(files) as Record<string, string>) },
    lookups: createLookups({ http: answering(given.http) }),
  });
}

function textOf(path: string, rows: readonly Json[]): string {
  if (path.endsWith('.json')) return JSON.stringify(rows);
  if (path.endsWith('.jsonl')) return rows.map((row) => JSON.stringify(row)).join('\n');
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row as object)))];
  const cell = (value: unknown): string => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const lines = rows.map((row) => columns.map((column) => cell((row as Record<string, unknown>)[column])).join(','));
  return [columns.map(cell).join(','), ...lines].join('\n');
}

function answering(answers: Record<string, Json>): HttpLookups {
  return {
    async get(url) {
      const json = answers[url];
      return json === undefined ? { status: 404, json: undefined } : { status: 200, json };
    },
  };
}

function judge(expected: NonNullable<OperationExample['expect']>, got: Mediated): string[] {
  const outcome =
    expected.outcome ?? (expected.code === undefined && expected.message === undefined ? 'parts' : 'failed');
  if (got.outcome !== outcome) return [`outcome: expected ${outcome}, got ${described(got)}`];
  if (got.outcome === 'failed') return judgeFailure(expected, got.failure);
  if (got.outcome !== 'parts') return [];
  const parts = expected.parts?.map(({ key, document }) => (key === undefined ? { document } : { key, document }));
  return [
    ...(parts === undefined ? [] : differences(parts, aligned(parts, got.parts), 'parts')),
    ...(expected.keys === undefined
      ? []
      : differences(
          expected.keys,
          got.parts.map(({ key }) => key),
          'keys',
        )),
    ...(expected.mediated === undefined ? [] : differences(expected.mediated, got.mediated, 'mediated')),
  ];
}

/** Keys that the example does not name are not compared. */
function aligned(parts: readonly object[], got: readonly { key: string; document: object }[]): object[] {
  return got.map(({ key, document }, index) => {
    const wanted = parts[index];
    return wanted !== undefined && !('key' in wanted) ? { document } : { key, document };
  });
}

function judgeFailure(
  expected: { code?: string | undefined; message?: string | undefined },
  failure: Failure,
): string[] {
  return [
    ...(expected.code === undefined ? [] : differences(expected.code, failure.code, 'code')),
    ...(expected.message === undefined || failure.message.includes(expected.message)
      ? []
      : [`message: expected a text with ${JSON.stringify(expected.message)}, got ${JSON.stringify(failure.message)}`]),
  ];
}

function described(got: Mediated): string {
  if (got.outcome === 'failed') return `failed: ${got.failure.code}: ${got.failure.message}`;
  return got.outcome === 'parts' ? `${got.parts.length} parts` : got.outcome;
}

async function judgeJoin(example: OperationExample, join: JoinExample, tools: ExampleTools): Promise<string[]> {
  const got = await joined(example, join, tools);
  const { outcome, missing, summary, message } = join.expect;
  if (got.outcome !== outcome) return [`join: expected ${outcome}, got ${got.outcome}: ${got.message ?? ''}`];
  return [
    ...(missing === undefined ? [] : differences(missing, got.missing, 'join/missing')),
    ...(summary === undefined ? [] : differences(summary, got.summary, 'join/summary')),
    ...(message === undefined ? [] : judgeFailure({ message }, { message: got.message ?? '' } as Failure)),
  ];
}

async function joined(
  { body }: OperationExample,
  { parts }: JoinExample,
  { file, modules }: ExampleTools,
): Promise<{ outcome: 'succeeded' | 'failed'; message?: string; missing?: string[]; summary?: unknown }> {
  const policy = file.operation.mediate.split?.join ?? 'all-or-nothing';
  const failure = failureUnderPolicy(parts.map(recordOf), policy);
  if (failure !== undefined) return { outcome: 'failed', message: failure.message };
  const module = moduleOf(file.operation.mediate);
  try {
    const said = module === undefined ? undefined : await joinByModule(modules, module, { parts, body });
    if (said !== undefined && 'fail' in said) return { outcome: 'failed', message: said.fail };
    return {
      outcome: 'succeeded',
      missing: missingParts(parts.map(recordOf)).map(({ key }) => key),
      summary: said?.summary,
    };
  } catch (error) {
    if (error instanceof SlowLaneError) return { outcome: 'failed', message: error.message };
    throw error;
  }
}

function recordOf({ key, state, document }: JoinExample['parts'][number], index: number): PartRecord {
  return {
    id: `req_example-${index}`,
    requestId: 'req_example',
    index,
    key,
    document,
    state,
    attempt: 1,
    token: undefined,
    runId: undefined,
    runPageUrl: undefined,
    parkedAt: 0,
    grantedAt: undefined,
    submittedAt: undefined,
    endedAt: index,
    failure:
      state === 'succeeded'
        ? undefined
        : new SlowLaneError('run.failed', `part "${key}" ended as ${state}`).toFailure(),
    waiting: undefined,
    cancelRequested: false,
    log: undefined,
  };
}
