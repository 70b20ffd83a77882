import { setTimeout as pause } from 'node:timers/promises';
import { type Operation, operations, tenants } from './operations.ts';
import type { System } from './system.ts';

/** The client's own log: what it asked for, and what was acknowledged. */
export interface Asked {
  key: string;
  operation: Operation;
  tenant: string;
  /** Every id that a 202 for this key has named. */
  ids: Set<string>;
  /** Answers other than 202 that end the asking. */
  refused: string | undefined;
  /** A cancel was asked for. */
  cancelled: boolean;
  hasDeadline: boolean;
}

/** An end of the load waits so long for the answers that are still owed, ms. */
const answerMs = 30_000;

export interface Load {
  asked: Asked[];
  /** Lets what is under way come to its 202 and asks for nothing new. */
  stop(): Promise<void>;
}

/** Clients that ask, each with a key that it keeps until somebody says 202, and go on when their request has ended; some cancel, some have a deadline. */
export function startLoad(
  system: System,
  options: { clients: number; random: () => number; hasEnded(id: string): boolean },
): Load {
  const asked: Asked[] = [];
  let stopping = false;
  let giveUpAt = Number.POSITIVE_INFINITY;
  const asker: Asker = { system, random: options.random, hasTime: () => Date.now() < giveUpAt };
  const clients = Array.from({ length: options.clients }, async () => {
    while (!stopping) {
      const one = await ask(asker, asked);
      const [id] = one.ids;
      for (const until = Date.now() + 30_000; id !== undefined && !stopping && !options.hasEnded(id);) {
        if (Date.now() > until) break;
        await pause(40);
      }
    }
  });
  return {
    asked,
    async stop() {
      stopping = true;
      giveUpAt = Date.now() + answerMs;
      await Promise.all(clients);
      const unanswered = asked.filter(({ ids, refused }) => ids.size === 0 && refused === undefined).length;
      if (unanswered > 0) throw new Error(`${unanswered} requests had no answer within ${answerMs / 1_000} s`);
    },
  };
}

interface Asker {
  system: System;
  random: () => number;
  /** False once nobody waits for an answer any more. */
  hasTime(): boolean;
}

async function ask(asker: Asker, asked: Asked[]): Promise<Asked> {
  const { system, random } = asker;
  const operation = choose(random);
  const tenant = tenants[Math.floor(random() * tenants.length)] as string;
  const [fate, delayMs] = [random(), random() * 1_500];
  const deadline = fate > 0.92 ? Date.now() + 1_000 + delayMs * 2 : undefined;
  const one: Asked = {
    ...{ key: `k${asked.length}`, operation, tenant, ids: new Set<string>(), refused: undefined },
    ...{ cancelled: false, hasDeadline: deadline !== undefined },
  };
  asked.push(one);
  const regions = ['eu', 'us', 'asia'].slice(0, operation.regions);
  const body = {
    ...{ operation: operation.name, callback: system.callbackUrl, body: { customer: tenant, regions } },
    ...(deadline === undefined ? {} : { deadline: Math.round(deadline) }),
  };
  await untilAnswered(asker, async (url) => {
    const answer = await call(system, `${url}/v1/requests`, body, one.key);
    if (answer.status === 202) one.ids.add(((await answer.json()) as { id: string }).id);
    else if (!isPassing(answer.status)) one.refused = await answer.text();
    return answer.status;
  });
  // A repeat, as of a client that has not seen the answer.
  if (random() < 0.2)
    await untilAnswered(asker, async (url) => {
      const answer = await call(system, `${url}/v1/requests`, body, one.key);
      if (answer.status === 202) one.ids.add(((await answer.json()) as { id: string }).id);
      return answer.status;
    });
  const [id] = one.ids;
  if (fate < 0.1 && id !== undefined) {
    one.cancelled = true;
    await pause(delayMs);
    await untilAnswered(asker, async (url) => (await call(system, `${url}/v1/requests/${id}/cancel`, {})).status);
  }
  return one;
}

function choose(random: () => number): Operation {
  let left = random() * 100;
  return operations.find(({ share }) => (left -= share) < 0) ?? (operations[0] as Operation);
}

/** Asks one node after another until an answer is more than "later", or nobody waits for it. */
async function untilAnswered(
  { system, random, hasTime }: Asker,
  tryOne: (url: string) => Promise<number>,
): Promise<void> {
  for (let at = Math.floor(random() * 10); hasTime(); at++) {
    const node = system.nodes[at % system.nodes.length];
    const status = await tryOne(node?.url ?? '').catch(() => 0);
    if (status !== 0 && !isPassing(status)) return;
    await pause(60);
  }
}

function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function call({ token }: System, url: string, body: unknown, key?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });
}
