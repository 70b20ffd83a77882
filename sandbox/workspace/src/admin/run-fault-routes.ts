import type { FastifyInstance } from 'fastify';
import { parseInput } from '../http/parse-input.ts';
import type { AcceptContext } from '../runs/accept-run.ts';
import { insertForeignRun } from '../runs/foreign-run.ts';
import type { RunFaults } from '../runs/run-faults.ts';
import { ForeignRunBody, RunFaultBody } from './schema.ts';

/** Control API: cancels that are not obeyed, or late, and runs of somebody else; those end by an ordinary cancel. */
export function registerRunFaults(
  app: FastifyInstance,
  { faults, accept }: { faults: RunFaults; accept: AcceptContext },
): void {
  app.get('/slowlane/run-faults', async () => ({
    faults: faults.list().map(({ kind, runId, delayMs }) => ({
      kind,
      ...(runId === undefined ? {} : { run_id: runId }),
      ...(kind === 'late-cancel' ? { delay_ms: delayMs } : {}),
    })),
  }));
  app.post('/slowlane/run-faults', async (request) => {
    const { kind, run_id: runId, delay_ms: delayMs } = parseInput(RunFaultBody, request.body);
    faults.add({ kind, runId, delayMs });
    return {};
  });
  app.delete('/slowlane/run-faults', async () => {
    faults.clear();
    return {};
  });
  app.post('/slowlane/foreign-runs', async (request) => {
    const { run_name: name, cluster_id: clusterId } = parseInput(ForeignRunBody, request.body);
    return { run_id: insertForeignRun(accept, { name, clusterId }) };
  });
}
