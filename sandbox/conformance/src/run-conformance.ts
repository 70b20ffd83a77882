import { type Logger, SlowLaneError } from '@slowlane/contracts';
import { matchesGlob } from '@slowlane/kit';
import { cases as allCases } from './cases.ts';
import type { Client, ClientName, Need } from './case.ts';
import { createOurClient } from './clients/our-client.ts';
import { prepareSdk } from './clients/prepare-sdk.ts';
import { createRawClient } from './clients/raw-client.ts';
import { createSdkClient } from './clients/sdk-client.ts';
import { type CaseContext, type Row, runCase } from './run-case.ts';

export interface ConformanceOptions {
  /** Address of the workspace, without a trailing slash. */
  host: string;
  token: string;
  clients: readonly ClientName[];
  /** Glob over case ids; `**` for all. */
  glob: string;
  /** Where official SDKs are kept. */
  cache: string;
  /** A folder of a volume that may be filled with rubbish. Default `/Volumes/main/conformance/files`. */
  volume?: string | undefined;
  /** Whether programs and clusters are worth waiting for; default all. */
  offers?: readonly Need[] | undefined;
  /** Default `17.3.x-scala2.13` and `local`, which the local workspace knows. */
  sparkVersion?: string | undefined;
  nodeType?: string | undefined;
  untilMs?: number | undefined;
  /** For cases about OAuth; the local workspace makes one by itself. */
  principal?: { clientId: string; clientSecret: string } | undefined;
  logger: Logger;
  onRow?(row: Row): void;
}

export interface ConformanceReport {
  host: string;
  clients: { name: ClientName; version: string }[];
  rows: Row[];
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Runs the cases against a workspace, one after the other, with each client. The control API is used where the host has it; cases that need
 * it are skipped elsewhere, and the row says so. Throws `cli.usage` when no case has such an id, `workspace.unavailable` when nobody answers.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const chosen = allCases.filter(({ id }) => matchesGlob(id, options.glob));
  if (chosen.length === 0) throw new SlowLaneError('cli.usage', `no case has an id like "${options.glob}"`);
  const isLocal = await hasControls(options);
  const principal = options.principal ?? (isLocal ? await makePrincipal(options) : undefined);
  const context = contextOf({ ...options, principal }, isLocal);
  const clients: Client[] = [];
  const rows: Row[] = [];
  try {
    for (const name of new Set(options.clients)) {
      const client = await open(name, options);
      clients.push(client);
      for (const one of chosen) {
        const row = await runCase(one, client, context);
        rows.push(row);
        options.onRow?.(row);
        if (isLocal && one.needs.includes('faults')) await clearFaults(options);
      }
    }
  } finally {
    for (const client of clients) await client.close();
    if (isLocal && options.principal === undefined)
      await control(options, 'DELETE', `/slowlane/service-principals/${principal?.clientId}`);
  }
  const count = (verdict: Row['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  return {
    host: options.host,
    clients: clients.map(({ name, version }) => ({ name, version })),
    rows,
    ...{ passed: count('pass'), failed: count('fail'), skipped: count('skip') },
  };
}

async function open(name: ClientName, options: ConformanceOptions): Promise<Client> {
  if (name === 'raw') return createRawClient(options);
  if (name === 'ours') return createOurClient(options);
  return createSdkClient(await prepareSdk(name, options));
}

function contextOf(options: ConformanceOptions, isLocal: boolean): CaseContext {
  const { offers = ['programs', 'clusters', 'spark'], untilMs = 60_000, principal } = options;
  const found: Need[] = [
    ...(isLocal ? (['faults'] as const) : []),
    ...(principal === undefined ? [] : (['principals'] as const)),
  ];
  return {
    offers: new Set<Need>([...offers, ...found]),
    given: {
      ...(principal === undefined ? {} : { client_id: principal.clientId, client_secret: principal.clientSecret }),
      volume: options.volume ?? '/Volumes/main/conformance/files',
      folder: '/Shared',
      spark_version: options.sparkVersion ?? '17.3.x-scala2.13',
      node_type: options.nodeType ?? 'local',
    },
    addFault: async ({ fault, on }) => {
      const response = await control(options, 'POST', boards[on ?? 'calls'], fault);
      if (!response.ok) throw new Error(`the fault was refused: ${await response.text()}`);
    },
    untilMs,
  };
}

const boards = { calls: '/slowlane/faults', clusters: '/slowlane/cluster-faults', runs: '/slowlane/run-faults' };

async function clearFaults(options: ConformanceOptions): Promise<void> {
  for (const path of Object.values(boards)) await control(options, 'DELETE', path);
}

async function hasControls(options: ConformanceOptions): Promise<boolean> {
  try {
    return (await control(options, 'GET', '/slowlane/faults')).ok;
  } catch (cause) {
    throw new SlowLaneError('workspace.unavailable', `no workspace answers at ${options.host}`, { cause });
  }
}

async function makePrincipal(options: ConformanceOptions): Promise<{ clientId: string; clientSecret: string }> {
  const response = await control(options, 'POST', '/slowlane/service-principals', { display_name: 'conformance' });
  const { client_id: clientId, client_secret: clientSecret } = (await response.json()) as Record<string, string>;
  return { clientId: String(clientId), clientSecret: String(clientSecret) };
}

interface ControlTarget {
  host: string;
  token: string;
}

function control(
  { host, token }: ControlTarget,
  ...[method, path, body]: [string, string, object?]
): Promise<Response> {
  return fetch(host + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
}
