import type { LookupFunction } from 'node:net';
import { type HttpLookups, type Json, SlowLaneError } from '@slowlane/contracts';
import { Agent, request } from 'undici';
import { checkCallback, isNamed } from './callback-check.ts';
import { guardLookup, refuseInnerLiteral } from './guarded-lookup.ts';

/** GETs of `enrich` under the same guard as webhooks: only hosts that the policy names, only public addresses unless exactly that host is named, no redirects. */
export function createLookupClient(deps: {
  /** Policy's `lookups`: `host`, `host:port`, `*.domain`. */
  allow: readonly string[];
  lookup?: LookupFunction;
}): HttpLookups & { close(): Promise<void> } {
  const guarded = new Agent({ connect: { lookup: guardLookup(deps.lookup) }, maxHeaderSize: 16_384 });
  const named = new Agent({
    connect: deps.lookup === undefined ? {} : { lookup: deps.lookup },
    maxHeaderSize: 16_384,
  });
  return {
    async get(text, { timeoutMs, maxBytes }) {
      const refused = checkCallback(text, deps.allow);
      if (refused !== undefined)
        throw new SlowLaneError('mediate.lookup-refused', refused.message.replace('callback', 'look-up'));
      const url = new URL(text);
      const isOurs = isNamed(url, deps.allow);
      try {
        if (!isOurs) refuseInnerLiteral(url.hostname);
        const { statusCode, body } = await request(url, {
          dispatcher: isOurs ? named : guarded,
          headers: { accept: 'application/json', 'user-agent': 'slowlane-lookup/1' },
          signal: AbortSignal.timeout(timeoutMs),
        });
        return { status: statusCode, json: parsed(await readCapped(body, maxBytes, url)) };
      } catch (error) {
        throw lookupFailure(url, error);
      }
    },
    async close() {
      await Promise.all([guarded.destroy(), named.destroy()]);
    },
  };
}

async function readCapped(body: AsyncIterable<Uint8Array>, maxBytes: number, url: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes)
      throw new SlowLaneError('mediate.lookup-unavailable', `${url.origin} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function lookupFailure(url: URL, error: unknown): SlowLaneError {
  if (error instanceof SlowLaneError && error.code !== 'notify.refused') return error;
  const found = [error, (error as Error).cause].find((one) => one instanceof SlowLaneError);
  if (found !== undefined) return new SlowLaneError('mediate.lookup-refused', found.message);
  const { name, message } = error as Error;
  const what = name === 'TimeoutError' ? 'did not answer in time' : `could not be asked: ${message}`;
  return new SlowLaneError('mediate.lookup-unavailable', `${url.origin} ${what}`, { cause: error });
}
