import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConformanceRequest, ConformanceView } from '@slowlane/cli';
import { type ClientName, clientNames, type ConformanceOptions, runConformance } from '@slowlane/conformance';
import { SlowLaneError } from '@slowlane/contracts';
import { localWorkspace } from '../processes/local-workspace.ts';
import type { Installation } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';

/** The conformance suite against the given host, or against this machine's local workspace. */
export async function workspaceConformance(
  installation: Installation,
  request: ConformanceRequest,
  say: (line: string) => void,
): Promise<ConformanceView> {
  const { host, token } = target(installation, request);
  const cache = join(installation.environment.home, 'cache', 'conformance');
  await mkdir(cache, { recursive: true });
  return runConformance({
    ...{ host, token, cache, glob: request.glob },
    principal: principalOf(installation, request.principalEnv),
    clients: request.clients.length === 0 ? clientNames : request.clients.map(clientName),
    volume: request.volume,
    sparkVersion: request.sparkVersion,
    nodeType: request.nodeType,
    untilMs: 120_000,
    logger: createLogger('conformance'),
    onRow: (row) => say(`${row.verdict} ${row.client} ${row.id}${row.detail === '' ? '' : `: ${row.detail}`}`),
  });
}

function target(installation: Installation, { host, tokenEnv }: ConformanceRequest): { host: string; token: string } {
  if (host === undefined) return localWorkspace(installation);
  return { host: host.replace(/\/+$/, ''), token: secretOf(installation, tokenEnv, 'the token') };
}

/** By a variable and not by an argument: everyone on a machine may read the command line of any process. */
function principalOf(installation: Installation, name: string | undefined): ConformanceOptions['principal'] {
  if (name === undefined) return undefined;
  const [, clientId, clientSecret] = /^([^:\s]+):(\S+)$/.exec(secretOf(installation, name, 'the principal')) ?? [];
  if (clientId !== undefined && clientSecret !== undefined) return { clientId, clientSecret };
  throw new SlowLaneError('cli.usage', `the variable ${name} must hold <client id>:<secret>`);
}

function secretOf({ environment }: Installation, name: string, what: string): string {
  const value = environment.secret(name);
  if (value !== undefined) return value;
  throw new SlowLaneError('cli.usage', `the variable ${name} with ${what} is not set`);
}

function clientName(given: string): ClientName {
  const name = clientNames.find((one) => one === given);
  if (name !== undefined) return name;
  throw new SlowLaneError('cli.usage', `--client must be one of ${clientNames.join(', ')}, but is "${given}"`);
}
