import type { Logger } from '@slowlane/contracts';
import type { Auth, OpenCall } from './bearer.ts';
import { createBearer } from './bearer.ts';
import { type Call, type Caller, nameOf } from './call.ts';
import { clusterCalls } from './cluster-calls.ts';
import { type Clock, systemClock } from './clock.ts';
import { createCaller } from './create-caller.ts';
import type { CallOptions, DatabricksClient, Identity } from './databricks-client.ts';
import { fileCalls } from './file-calls.ts';
import { jobCalls } from './job-calls.ts';
import { openCalls } from './open-calls.ts';
import { parseAnswer } from './parse-answer.ts';
import { permissionCalls } from './permission-calls.ts';
import { type CallFamily, defaultRates } from './rates.ts';
import { runCalls } from './run-calls.ts';
import { WireMe } from './schema.ts';
import { createStorageSender } from './storage-sender.ts';
import { type TokenBucket, createTokenBucket } from './token-bucket.ts';
import { createTransport } from './transport.ts';
import { workspaceCalls } from './workspace-calls.ts';
import { workspaceHost } from './workspace-host.ts';

export interface DatabricksClientOptions {
  /** `https://…`, or plain `http://` for loopback. */
  host: string;
  auth: Auth;
  /** PEM text of additional CAs; verification itself cannot be switched off. */
  caBundle?: string | undefined;
  userAgent: string;
  /** Calls per second by family; `Infinity` = no limit of our own. */
  rates?: Partial<Record<CallFamily, number>> | undefined;
  clock?: Clock | undefined;
  logger: Logger;
}

/** A client of one workspace. Nothing is sent until the first call. Throws `config.invalid` for an address that is not safe to send a token to. */
export function createDatabricksClient(options: DatabricksClientOptions): DatabricksClient {
  const { userAgent, logger, clock = systemClock } = options;
  const origin = workspaceHost(options.host);
  const host = origin.origin;
  const transport = createTransport(origin, options.caBundle);
  const storage = createStorageSender(options.caBundle);
  const open: OpenCall = openCalls({ transport, host, userAgent, clock });
  const bearer = createBearer(options.auth, { open, host }, clock);
  const bucket = bucketsOf({ ...defaultRates, ...options.rates }, clock);
  const caller = createCaller({ host, userAgent, transport, bearer, bucket, clock, logger });
  return {
    host,
    jobs: jobCalls(caller),
    runs: runCalls(caller),
    files: fileCalls(caller, storage),
    workspace: workspaceCalls(caller),
    clusters: clusterCalls(caller),
    permissions: permissionCalls(caller),
    me: (callOptions) => me(caller, callOptions),
    async close() {
      await transport.close();
      await storage.close();
    },
  };
}

function bucketsOf(rates: Record<CallFamily, number>, clock: Clock): (family: CallFamily) => TokenBucket {
  const buckets = new Map<CallFamily, TokenBucket>();
  return (family) => {
    const known = buckets.get(family) ?? createTokenBucket(rates[family], clock);
    buckets.set(family, known);
    return known;
  };
}

async function me(caller: Caller, options: CallOptions | undefined): Promise<Identity> {
  const call: Call = { method: 'GET', path: '/api/2.0/preview/scim/v2/Me', family: 'identity', repeatable: true };
  const { id, userName, displayName, active } = parseAnswer(WireMe, await caller.json(call, options), nameOf(call));
  return { id, userName, displayName, active };
}
