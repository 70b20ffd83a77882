import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConformanceRequest, ConformanceView } from '@slowlane/cli';
import { type ClientName, clientNames, runConformance } from '@slowlane/conformance';
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
  const token = installation.environment.secret(tokenEnv);
  if (token === undefined) throw new SlowLaneError('cli.usage', `the variable ${tokenEnv} with the token is not set`);
  return { host: host.replace(/\/+$/, ''), token };
}

function clientName(given: string): ClientName {
  const name = clientNames.find((one) => one === given);
  if (name !== undefined) return name;
  throw new SlowLaneError('cli.usage', `--client must be one of ${clientNames.join(', ')}, but is "${given}"`);
}
