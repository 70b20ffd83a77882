import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type ApiToken,
  type BuildLogLine,
  type BuildRecord,
  type EventType,
  type Failure,
  type GateView,
  isRequestTerminal,
  type PartRange,
  type PartRecord,
  type PartTally,
  PipelineFile,
  type PipelineRevision,
  type Registration,
  type RequestRecord,
  requestEndEvents,
  SlowLaneError,
  type SlowLaneEvent,
} from '@slowlane/contracts';
import type { EndpointDeps } from '../endpoint-deps.ts';
import { digest, scopes, secrets } from './callers.ts';
import { memoryTokens } from './memory-tokens.ts';

/** Small in-memory implementations of the ports, with the state in reach of the test. */
export function createMemory() {
  const state = {
    requests: new Map<string, RequestRecord>(),
    archived: new Map<string, RequestRecord>(),
    parts: new Map<string, PartRecord[]>(),
    keys: new Map<string, { fingerprint: string; id: string }>(),
    builds: new Map<string, BuildRecord>(),
    logs: new Map<string, BuildLogLine[]>(),
    blobs: new Map<string, Buffer>(),
    pipelines: [] as PipelineRevision[],
    registrations: [] as Registration[],
    tokens: [] as (ApiToken & { secret: string })[],
    gates: [] as GateView[],
    events: [] as SlowLaneEvent[],
    /** How many events the archiver has taken over. */
    archivedEvents: 0,
    listeners: new Set<{ requestId: string; listener: (event: SlowLaneEvent) => boolean }>(),
    failWith: undefined as unknown,
    logged: [] as { fields: Record<string, unknown>; message: string }[],
    invalidBody: undefined as Failure | undefined,
    unsound: undefined as { problem: string } | undefined,
  };
  for (const [name, secret] of Object.entries(secrets)) {
    const token = { id: `tok_${name}`, name, createdAt: 1, expiresAt: undefined, revokedAt: undefined };
    state.tokens.push({ ...token, scopes: scopes[name as keyof typeof secrets], secret });
  }

  function emit(
    type: EventType,
    requestId: string,
    data: SlowLaneEvent['data'] = {},
    run?: { part: string; run: string },
  ): SlowLaneEvent {
    const event: SlowLaneEvent = {
      id: `${1_000 + state.events.length}-0`,
      type,
      at: 1_000 + state.events.length,
      correlationId:
        (state.requests.get(requestId) ?? state.archived.get(requestId))?.correlationId ??
        'cor_01J0000000000000000000000X',
      subject: { request: requestId, ...run },
      data,
    };
    state.events.push(event);
    for (const one of [...state.listeners]) {
      if (one.requestId === requestId && !one.listener(event)) state.listeners.delete(one);
    }
    return event;
  }

  function endRequest(id: string, outcome: Partial<RequestRecord> & { state: RequestRecord['state'] }): void {
    state.requests.set(id, { ...(state.requests.get(id) as RequestRecord), endedAt: 2_000, ...outcome });
    const type = `request.${outcome.state}` as EventType;
    if (!(requestEndEvents as readonly string[]).includes(type)) throw new Error(type);
    emit(type, id);
  }

  function partsOf(id: string, { from, count }: PartRange = { from: 0, count: Infinity }): PartRecord[] {
    return (state.parts.get(id) ?? []).slice(from, from + count);
  }

  function tallyOf(id: string): PartTally {
    const states: PartTally['states'] = {};
    for (const part of partsOf(id)) states[part.state] = (states[part.state] ?? 0) + 1;
    return { states };
  }

  const check = (): void => {
    if (state.failWith !== undefined) throw state.failWith;
  };
  const logger = (fields: Record<string, unknown>, message: string): void =>
    void state.logged.push({ fields, message });

  const deps: EndpointDeps = {
    requests: {
      async accept(request) {
        check();
        const key = request.idempotency && `${request.principal} ${request.idempotency.key}`;
        const known = key === undefined ? undefined : state.keys.get(key);
        if (known !== undefined && known.fingerprint !== request.idempotency?.fingerprint) {
          throw new SlowLaneError(
            'request.key-reused',
            `the key "${request.idempotency?.key}" was used with another body`,
          );
        }
        if (known !== undefined) return { request: state.requests.get(known.id) as RequestRecord, replayed: true };
        const { idempotency, ...rest } = request;
        const record: RequestRecord = {
          ...rest,
          mediated: undefined,
          state: 'accepted',
          parts: { total: 0, ended: 0 },
          acceptedAt: 1_000,
          endedAt: undefined,
          failure: undefined,
          result: undefined,
          resultPath: undefined,
        };
        state.requests.set(record.id, record);
        if (key !== undefined) state.keys.set(key, { fingerprint: idempotency?.fingerprint as string, id: record.id });
        emit('request.accepted', record.id);
        return { request: record, replayed: false };
      },
      async get(id) {
        check();
        return state.requests.get(id);
      },
      async parts(id, range) {
        return state.requests.has(id) ? partsOf(id, range) : [];
      },
      async tallyParts(id) {
        return state.requests.has(id) ? tallyOf(id) : { states: {} };
      },
      async cancel(id) {
        const request = state.requests.get(id);
        if (request === undefined || isRequestTerminal(request.state))
          throw new SlowLaneError('request.not-cancellable', id);
        state.requests.set(id, { ...request, state: 'cancelling' });
        return 'cancelling';
      },
      async retryFailed(id) {
        const request = state.requests.get(id);
        if (request?.state !== 'failed')
          throw new SlowLaneError('request.not-retryable', `request ${id} has not failed`);
        const again = (state.parts.get(id) ?? []).filter((part) => part.state !== 'succeeded');
        state.requests.set(id, { ...request, state: 'running', endedAt: undefined });
        return { parts: again.map((part) => part.id) };
      },
      async explain(partId) {
        const part = [...state.parts.values()].flat().find((one) => one.id === partId);
        if (part === undefined) return undefined;
        return { part: part.id, request: part.requestId, state: part.state, ...part.waiting, parkedAt: part.parkedAt };
      },
    } satisfies Pick<
      EndpointDeps['requests'],
      'accept' | 'get' | 'parts' | 'tallyParts' | 'cancel' | 'retryFailed' | 'explain'
    > as unknown as EndpointDeps['requests'],
    gate: {
      async list() {
        check();
        return state.gates;
      },
      async set(dimension, limit, by, reason) {
        const gate = state.gates.find((one) => one.dimension === dimension);
        if (gate === undefined)
          throw new SlowLaneError('gate.unknown-dimension', `there is no gate dimension "${dimension}"`);
        Object.assign(gate, { limit, byHand: { limit, by, reason, at: 5 } });
      },
      async reset(dimension) {
        const gate = state.gates.find((one) => one.dimension === dimension);
        if (gate === undefined)
          throw new SlowLaneError('gate.unknown-dimension', `there is no gate dimension "${dimension}"`);
        Object.assign(gate, { limit: gate.declared, byHand: undefined });
      },
    } satisfies Pick<EndpointDeps['gate'], 'list' | 'set' | 'reset'> as unknown as EndpointDeps['gate'],
    builds: {
      async start(build) {
        const record: BuildRecord = {
          ...build,
          state: 'queued',
          createdAt: 1,
          endedAt: undefined,
          failure: undefined,
          found: {},
        };
        state.builds.set(build.id, record);
        return record;
      },
      async get(id) {
        return state.builds.get(id);
      },
      async list(limit) {
        return [...state.builds.values()].slice(-limit);
      },
      async cancel(id) {
        state.builds.set(id, { ...(state.builds.get(id) as BuildRecord), state: 'cancelled', endedAt: 2 });
      },
      async readLog(id, after, count, blockMs) {
        const lines = (): BuildLogLine[] =>
          (state.logs.get(id) ?? []).filter((line) => Number(line.id) > Number(after)).slice(0, count);
        if (lines().length === 0 && blockMs > 0)
          await new Promise((resolve) => setTimeout(resolve, Math.min(blockMs, 10)));
        return lines();
      },
    } satisfies Pick<
      EndpointDeps['builds'],
      'start' | 'get' | 'list' | 'cancel' | 'readLog'
    > as unknown as EndpointDeps['builds'],
    pipelines: {
      async put() {
        throw new Error('the endpoint stores pipelines by applyPipeline');
      },
      async get(name, revision) {
        return state.pipelines.findLast(
          (one) => one.name === name && (revision === undefined || one.revision === revision),
        );
      },
      async list() {
        return [...new Map(state.pipelines.map((one) => [one.name, one])).values()];
      },
    },
    registrations: {
      async current(pipeline, target) {
        return state.registrations.findLast((one) => one.pipeline === pipeline && one.target === target);
      },
      async recent(pipeline, target) {
        return state.registrations.filter((one) => one.pipeline === pipeline && one.target === target).reverse();
      },
      async put(registration) {
        const stored = { ...registration, at: 2_000 };
        state.registrations.push(stored);
        return stored;
      },
    } satisfies Pick<
      EndpointDeps['registrations'],
      'current' | 'recent' | 'put'
    > as unknown as EndpointDeps['registrations'],
    tokens: memoryTokens(state, check),
    history: {
      async request(id) {
        return state.archived.get(id);
      },
      async requests({ operation, state: wanted, before, limit }) {
        return [...state.archived.values()]
          .filter((one) => operation === undefined || one.operation === operation)
          .filter((one) => wanted === undefined || one.state === wanted)
          .filter((one) => before === undefined || one.id < before)
          .sort((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, limit);
      },
      parts: async (requestId, range) => partsOf(requestId, range),
      tallyParts: async (requestId) => tallyOf(requestId),
      async build() {
        return undefined;
      },
      async builds() {
        return [];
      },
      async trace(id) {
        return state.events
          .slice(0, state.archivedEvents)
          .filter((event) => event.correlationId === id || Object.values(event.subject).includes(id));
      },
      async cursor() {
        return state.events[state.archivedEvents - 1]?.id ?? '0-0';
      },
    },
    events: {
      async read(after, count) {
        return state.events.filter((event) => Number.parseInt(event.id) > Number.parseInt(after)).slice(0, count);
      },
    },
    results: {
      links: (request, ttlMs) =>
        (request.result ?? []).map(({ name, size }) => ({
          name,
          size,
          href: `/v1/results/${request.id}/files/${name}?expires=${ttlMs}&signature=good`,
          expiresAt: ttlMs,
        })),
      async open(requestId, name, query) {
        if (query.signature !== 'good')
          throw new SlowLaneError('result.link-invalid', `the link to "${name}" was changed`);
        const file = state.requests.get(requestId)?.result?.find((one) => one.name === name);
        if (file === undefined) throw new SlowLaneError('result.not-found', `no "${name}"`);
        const bytes = Buffer.alloc(file.size, 'x');
        return {
          stream: Readable.from([bytes]),
          size: bytes.length,
          contentType: name.endsWith('.html') ? 'text/html; charset=utf-8' : 'application/octet-stream',
        };
      },
    },
    feed: {
      async subscribe(requestId, after, listener) {
        check();
        for (const event of state.events) {
          if (event.subject.request === requestId && Number.parseInt(event.id) > Number.parseInt(after ?? '0'))
            listener(event);
        }
        const one = { requestId, listener };
        state.listeners.add(one);
        return { close: () => void state.listeners.delete(one) };
      },
    },
    blobs: {
      async put(bytes) {
        const all = await buffer(bytes);
        const found = `sha256:${createHash('sha256').update(all).digest('hex')}`;
        state.blobs.set(found, all);
        return { digest: found, size: all.length };
      },
      async has(wanted) {
        return state.blobs.has(wanted);
      },
      async open(wanted) {
        const bytes = state.blobs.get(wanted);
        if (bytes === undefined) throw new SlowLaneError('artifact.corrupt', `no blob ${wanted}`);
        return { stream: Readable.from([bytes]), size: bytes.length };
      },
    },
    verifyBuild: async ({ set, provenance }) => ({
      ...{ artifact: set.digest, key: 'the-key', ok: state.unsound === undefined },
      checks: [{ name: 'provenance', digest: provenance, ...state.unsound }],
    }),
    plugins: async () => [
      {
        id: 'python',
        version: '1.0.0',
        contract: 1,
        configSchema: {},
        reads: [],
        toolchains: ['python'],
        registries: ['pypi'],
      },
    ],
    runLog: async (part) => (part.runId === undefined ? undefined : `log of ${part.id}\n`),
    async applyPipeline(name, text, by) {
      if (text.includes('bulid'))
        throw new SlowLaneError('pipeline.unknown-key', `${name}.yaml:2: unknown key "bulid"`, {
          hint: 'did you mean "build"?',
        });
      return addPipeline(name, { text, by });
    },
    callbackAllowed: (url) =>
      url.startsWith('https://ok.example/')
        ? undefined
        : new SlowLaneError('request.callback-refused', `callback "${url}" is refused`).toFailure(),
    validateBody: () => state.invalidBody,
    webhookSecret: (audience) => `whsec_${Object.values(audience).join('')}`,
    health: async () => ({ status: 'ok', version: '0.1.0', checks: { redis: 'ok' } }),
    version: '0.1.0',
    publicUrl: 'http://127.0.0.1:8080',
    limits: { bodyBytes: 100_000, sourceBytes: 200_000 },
    logger: { debug: () => undefined, info: logger, warn: logger, error: logger },
  };

  function addPipeline(
    name: string,
    { text = '', by = 'test', file = {} }: { text?: string; by?: string; file?: object } = {},
  ): PipelineRevision {
    const revision: PipelineRevision = {
      name,
      revision: state.pipelines.filter((one) => one.name === name).length + 1,
      file: PipelineFile.parse({ pipeline: name, ...file }),
      text,
      origin: 'applied',
      by,
      at: 1,
    };
    state.pipelines.push(revision);
    return revision;
  }

  function register(pipeline: string, target = 'dev'): Registration {
    const registration = {
      id: 'reg_01J0000000000000000000000R',
      pipeline,
      revision: 1,
      target,
      workspace: 'local',
      jobId: '4711',
      buildId: 'bld_01J0000000000000000000000B',
      commit: 'abc',
      set: {
        digest: digest('a'),
        kind: 'jar',
        primary: { name: 'a.jar', digest: digest('b'), size: 3 },
        companions: [],
      },
      at: 1,
    } as unknown as Registration;
    state.registrations.push(registration);
    return registration;
  }
  return { deps, state, emit, endRequest, addPipeline, register };
}

export type Memory = ReturnType<typeof createMemory>;
