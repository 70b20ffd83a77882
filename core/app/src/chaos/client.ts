import type { ChaosNode, System } from './system.ts';

/** A client of single nodes, for tests that look at one thing. */
export interface ChaosClient {
  post(node: ChaosNode, wish: Wish): Promise<Response>;
  /** Fails with what was answered when it is not 202. */
  accept(node: ChaosNode, wish: Wish): Promise<{ id: string; replayed: boolean }>;
  headers(key?: string): Record<string, string>;
}

export interface Wish {
  customer: string;
  /** Default: daily. */
  operation?: string;
  /** Idempotency key. */
  key?: string;
  deadline?: number;
  /** Makes the body as long as one likes. */
  note?: string;
}

export function createChaosClient(system: System): ChaosClient {
  const headers = (key?: string): Record<string, string> => ({
    ...{ authorization: `Bearer ${system.token}`, 'content-type': 'application/json' },
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  });
  const post = (node: ChaosNode, { customer, operation = 'daily', key, deadline, note }: Wish): Promise<Response> =>
    fetch(`${node.url}/v1/requests`, {
      method: 'POST',
      headers: headers(key),
      body: JSON.stringify({
        ...{ operation, body: { customer, ...(note === undefined ? {} : { note }) } },
        ...(deadline === undefined ? {} : { deadline }),
      }),
    });
  return {
    ...{ headers, post },
    async accept(node, wish) {
      const answer = await post(node, wish);
      const text = await answer.text();
      if (answer.status !== 202) throw new Error(`${answer.status} ${text}`);
      const { id } = JSON.parse(text) as { id: string };
      return { id, replayed: answer.headers.get('idempotent-replayed') === 'true' };
    },
  };
}
