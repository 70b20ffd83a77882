import { setImmediate } from 'node:timers/promises';
import type {
  Digest,
  Failure,
  GateClaim,
  NewPart,
  PartOutcome,
  PartRecord,
  PartTally,
  RequestLane,
  RequestOutcome,
  RequestRecord,
} from '@slowlane/contracts';
import { SlowLaneError, isPartTerminal, isRequestTerminal } from '@slowlane/contracts';
import { partId } from '@slowlane/kit';

export interface MemoryRequestLane extends RequestLane {
  /** Parts whose `submit` is wanted, with the pause asked for, in order; a test takes them out and calls the keeper. */
  submits: { partId: string; delayMs: number }[];
  /** Every release that counted. */
  released: { partId: string; attempt: number; outcome: PartOutcome }[];
  retried: { partId: string; failure: Failure; delayMs: number }[];
  ended: { requestId: string; outcome: RequestOutcome }[];
  claims: { requestId: string; claim: GateClaim }[];
  /** The next call of this method throws `queue.unavailable`. */
  failNext(method: keyof RequestLane): void;
}

interface Held {
  part: PartRecord;
  fence: number;
  node: string | undefined;
  leasedUntil: number;
  dueAt: number | undefined;
  cancelAt: number | undefined;
}

/** The request lane without Redis and without limits at the gate (a parked part is granted at once): for tests of what works on it. `now` decides leases and polls. */
export function createMemoryRequestLane(now: () => number = Date.now): MemoryRequestLane {
  const requests = new Map<string, RequestRecord>();
  const keys = new Map<string, { id: string; fingerprint: Digest }>();
  const held = new Map<string, Held>();
  const failing = new Set<string>();
  const lane: Pick<MemoryRequestLane, 'submits' | 'released' | 'retried' | 'ended' | 'claims'> = {
    submits: [],
    released: [],
    retried: [],
    ended: [],
    claims: [],
  };

  function check(method: string): void {
    if (failing.delete(method)) throw new SlowLaneError('queue.unavailable', `Redis did not answer to ${method}`);
  }
  function partsOf(id: string): Held[] {
    return [...held.values()].filter(({ part }) => part.requestId === id);
  }
  function fenced(id: string, fence: number): Held | undefined {
    const found = held.get(id);
    return found !== undefined && found.fence === fence && !isPartTerminal(found.part.state) ? found : undefined;
  }
  function askSubmit(id: string, delayMs: number): void {
    lane.submits.push({ partId: id, delayMs });
  }
  function endRequest(request: RequestRecord, outcome: RequestOutcome): boolean {
    if (isRequestTerminal(request.state) || request.parts.ended < request.parts.total) return false;
    request.state = outcome.state;
    request.endedAt = now();
    if (outcome.state === 'failed') request.failure = outcome.failure;
    if (outcome.state === 'succeeded') request.result = outcome.files;
    lane.ended.push({ requestId: request.id, outcome });
    return true;
  }
  function endPart(entry: Held, outcome: PartOutcome): void {
    const { part } = entry;
    part.state = outcome.state;
    part.endedAt = now();
    part.failure = outcome.state === 'succeeded' ? undefined : outcome.failure;
    part.log = outcome.log;
    entry.dueAt = undefined;
    entry.cancelAt = undefined;
    requests.get(part.requestId)!.parts.ended++;
    lane.released.push({ partId: part.id, attempt: part.attempt, outcome });
  }
  function cancelParts(id: string, failure: Failure): void {
    for (const entry of partsOf(id)) {
      if (entry.part.state === 'granted') endPart(entry, { state: 'cancelled', failure, runMs: 0, log: undefined });
      else if (entry.part.state === 'submitting' || entry.part.state === 'running') {
        entry.part.state = 'cancelling';
        entry.part.cancelRequested = true;
        if (entry.part.runId !== undefined) entry.cancelAt = now();
      }
    }
  }
  function finish(request: RequestRecord): void {
    if (request.parts.ended < request.parts.total) return;
    if (request.state === 'cancelling') endRequest(request, { state: 'cancelled' });
    else if (request.state === 'running') request.state = 'joining';
  }

  const methods: RequestLane = {
    async accept(request) {
      check('accept');
      const used = request.idempotency && keys.get(`${request.principal} ${request.idempotency.key}`);
      if (used !== undefined && used.fingerprint !== request.idempotency?.fingerprint) {
        throw new SlowLaneError('request.key-reused', `the key was used with another body`);
      }
      const known = requests.get(used?.id ?? request.id);
      if (known !== undefined) return { request: structuredClone(known), replayed: true };
      if (request.idempotency !== undefined) {
        keys.set(`${request.principal} ${request.idempotency.key}`, {
          id: request.id,
          fingerprint: request.idempotency.fingerprint,
        });
      }
      const { idempotency: _, weights: __, coalesceKey: ___, redact: ____, ...facts } = request;
      const record: RequestRecord = {
        ...structuredClone(facts),
        mediated: undefined,
        state: 'accepted',
        parts: { total: 0, ended: 0 },
        acceptedAt: now(),
        endedAt: undefined,
        failure: undefined,
        result: undefined,
        resultPath: undefined,
      };
      requests.set(request.id, record);
      return { request: structuredClone(record), replayed: false };
    },
    async get(id) {
      check('get');
      return structuredClone(requests.get(id));
    },
    async parts(id, { from, count } = { from: 0, count: Infinity }) {
      check('parts');
      return structuredClone(
        partsOf(id)
          .slice(from, from + count)
          .map(({ part }) => part),
      );
    },
    async tallyParts(id) {
      check('tallyParts');
      const states: PartTally['states'] = {};
      for (const { part } of partsOf(id)) states[part.state] = (states[part.state] ?? 0) + 1;
      return { states };
    },
    async part(id) {
      check('part');
      return structuredClone(held.get(id)?.part);
    },
    async beginMediation(id) {
      check('beginMediation');
      const request = requests.get(id);
      if (request?.state !== 'accepted' && request?.state !== 'mediating') return undefined;
      request.state = 'mediating';
      return structuredClone(request);
    },
    parkRest: async () => undefined,
    async park(id, { mediated, parts, claim, resultPath }) {
      check('park');
      const request = requests.get(id);
      if (request?.state !== 'accepted' && request?.state !== 'mediating') return;
      Object.assign(request, { state: 'running', mediated, resultPath, parts: { total: parts.length, ended: 0 } });
      lane.claims.push({ requestId: id, claim });
      parts.forEach((part, index) => {
        const record = newPart(id, index, part, now());
        held.set(record.id, {
          part: record,
          fence: 0,
          node: undefined,
          leasedUntil: 0,
          dueAt: undefined,
          cancelAt: undefined,
        });
        askSubmit(record.id, 0);
      });
    },
    async end(id, outcome) {
      check('end');
      const request = requests.get(id);
      return request !== undefined && endRequest(request, outcome);
    },
    async cancel(id) {
      check('cancel');
      const request = requests.get(id);
      if (request === undefined) throw new SlowLaneError('request.not-found', `no request ${id}`);
      if (request.state === 'running') {
        request.state = 'cancelling';
        cancelParts(id, new SlowLaneError('request.cancelled', 'the request was cancelled').toFailure());
        finish(request);
      } else endRequest(request, { state: 'cancelled' });
      return request.state;
    },
    async cancelPart(id) {
      check('cancelPart');
      const entry = held.get(id);
      if (entry === undefined) throw new SlowLaneError('run.not-found', `no part ${id}`);
      const { part } = entry;
      const failure = new SlowLaneError('run.cancelled', 'the part was cancelled').toFailure();
      if (part.state === 'granted') endPart(entry, { state: 'cancelled', failure, runMs: 0, log: undefined });
      else if (part.endedAt !== undefined) throw new SlowLaneError('run.not-cancellable', `part ${id} has ended`);
      else {
        Object.assign(part, { state: 'cancelling', cancelRequested: true });
        if (part.runId !== undefined) entry.cancelAt = now();
      }
      return part.state;
    },
    async retryFailed(id) {
      check('retryFailed');
      const request = requests.get(id);
      if (request === undefined) throw new SlowLaneError('request.not-found', `no request ${id}`);
      const again = partsOf(id).filter(({ part }) => part.state !== 'succeeded');
      if ((request.state !== 'failed' && request.state !== 'cancelled') || again.length === 0)
        throw new SlowLaneError('request.not-retryable', `request ${id} is ${request.state}`);
      Object.assign(request, { state: 'running', endedAt: undefined, failure: undefined, result: undefined });
      request.parts.ended -= again.length;
      for (const entry of again) {
        const attempt = entry.part.attempt + 1;
        entry.part = { ...newPart(id, entry.part.index, entry.part, now()), attempt };
        Object.assign(entry, { node: undefined, fence: entry.fence + 1 });
        askSubmit(entry.part.id, 0);
      }
      return { parts: again.map(({ part }) => part.id) };
    },
    async explain(id) {
      check('explain');
      const part = held.get(id)?.part;
      return part && { part: id, request: part.requestId, state: part.state, parkedAt: part.parkedAt };
    },
    async claim(id, node, leaseMs) {
      check('claim');
      const entry = held.get(id);
      if (entry === undefined) return undefined;
      const { state, runId } = entry.part;
      if (state !== 'granted' && state !== 'submitting' && !(state === 'cancelling' && runId === undefined))
        return undefined;
      if (entry.node !== undefined && entry.node !== node && entry.leasedUntil > now()) return undefined;
      Object.assign(entry, { node, fence: entry.fence + 1, leasedUntil: now() + leaseMs });
      return { fence: entry.fence, part: structuredClone(entry.part) };
    },
    async intend(id, fence, { attempt, token }) {
      check('intend');
      const entry = fenced(id, fence);
      if (entry === undefined) return false;
      if (entry.part.attempt !== attempt || (entry.part.token ?? token) !== token)
        throw new Error('the intent of an attempt was changed');
      entry.part.token = token;
      if (entry.part.state === 'granted') entry.part.state = 'submitting';
      return true;
    },
    async bind(id, fence, { runId, runPageUrl, pollMs }) {
      check('bind');
      const entry = fenced(id, fence);
      if (entry === undefined || entry.part.token === undefined) return false;
      if (entry.part.runId !== undefined) return entry.part.runId === runId;
      Object.assign(entry.part, { runId, runPageUrl, submittedAt: now() });
      entry.dueAt = now() + pollMs;
      if (entry.part.state === 'cancelling') entry.cancelAt = now();
      else entry.part.state = 'running';
      return true;
    },
    async postpone(id, fence, delayMs, hold) {
      check('postpone');
      const entry = fenced(id, fence);
      if (entry === undefined || entry.part.runId !== undefined) return false;
      Object.assign(entry, { node: undefined, fence: entry.fence + 1 });
      if (hold !== undefined) {
        const { dimension, limit = 0, inUse = 0, reason, until } = hold;
        entry.part.waiting = { dimension, limit, inUse, reason, ...(until === undefined ? {} : { until }) };
      }
      askSubmit(id, delayMs);
      return true;
    },
    async due(count, visibilityMs) {
      // As a call to Redis would: a watcher that always finds one due leaves others their turn.
      await setImmediate();
      check('due');
      return take(
        (entry) => entry.dueAt,
        (entry) => (entry.dueAt = now() + visibilityMs),
        count,
      );
    },
    async pollAgain(id, pollMs) {
      check('pollAgain');
      const entry = held.get(id);
      if (entry?.dueAt !== undefined) entry.dueAt = now() + pollMs;
    },
    async retryBeforeRun(id, failure, { attempt, delayMs }) {
      check('retryBeforeRun');
      const entry = held.get(id);
      if (entry?.part.state !== 'granted' || entry.part.token !== undefined || entry.part.attempt !== attempt)
        return false;
      entry.part.state = 'running';
      return methods.retry(id, failure, { attempt, delayMs });
    },
    async retry(id, failure, { attempt, delayMs }) {
      check('retry');
      const entry = held.get(id);
      if (entry?.part.state !== 'running' || entry.part.attempt !== attempt) return false;
      lane.retried.push({ partId: id, failure, delayMs });
      Object.assign(entry.part, { state: 'granted', attempt: entry.part.attempt + 1, failure });
      Object.assign(entry.part, { token: undefined, runId: undefined, runPageUrl: undefined, submittedAt: undefined });
      Object.assign(entry, { node: undefined, fence: entry.fence + 1, dueAt: undefined });
      askSubmit(id, delayMs);
      return true;
    },
    async release(id, outcome) {
      check('release');
      const entry = held.get(id);
      if (entry === undefined || isPartTerminal(entry.part.state)) return false;
      if (outcome.attempt !== undefined && outcome.attempt !== entry.part.attempt) return false;
      endPart(entry, outcome);
      const request = requests.get(entry.part.requestId)!;
      if (outcome.state !== 'succeeded') {
        cancelParts(
          request.id,
          new SlowLaneError('request.cancelled', 'another part of the request failed').toFailure(),
        );
      }
      finish(request);
      return true;
    },
    async tellProgress(id, attempt, progress) {
      check('tellProgress');
      const part = held.get(id)?.part;
      if (part?.state !== 'running' || part.attempt !== attempt || progress.step <= (part.progress?.step ?? 0))
        return false;
      part.progress = progress;
      return true;
    },
    async cancelling(count) {
      check('cancelling');
      return take(
        (entry) => entry.cancelAt,
        (entry) => (entry.cancelAt = now() + 10_000),
        count,
      );
    },
  };

  function take(at: (entry: Held) => number | undefined, hide: (entry: Held) => void, count: number): PartRecord[] {
    const taken = [...held.values()].filter((entry) => (at(entry) ?? Infinity) <= now()).slice(0, count);
    taken.forEach(hide);
    return structuredClone(taken.map(({ part }) => part));
  }
  return { ...methods, ...lane, failNext: (method) => void failing.add(method) };
}

function newPart(requestId: string, index: number, part: NewPart, at: number): PartRecord {
  return {
    id: partId(requestId, index),
    requestId,
    index,
    key: part.key,
    document: part.document,
    state: 'granted',
    attempt: 1,
    token: undefined,
    runId: undefined,
    runPageUrl: undefined,
    parkedAt: at,
    grantedAt: at,
    submittedAt: undefined,
    endedAt: undefined,
    failure: undefined,
    waiting: undefined,
    cancelRequested: false,
    log: undefined,
  };
}
