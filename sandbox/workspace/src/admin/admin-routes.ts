import type { FastifyInstance } from 'fastify';
import type { FaultBoard } from '../http/faults.ts';
import { parseInput } from '../http/parse-input.ts';
import type { CallStore } from '../store/call-store.ts';
import { CallsQuery, Fault } from './schema.ts';

/** Not part of the API that is spoken elsewhere: the record of all calls, and faults on demand. For tests; the token guards them too. */
export function registerAdmin(app: FastifyInstance, options: { calls: CallStore; faults: FaultBoard }): void {
  app.get('/slowlane/requests', async (request) => {
    const query = parseInput(CallsQuery, request.query);
    return { requests: options.calls.list(query.after, query.limit) };
  });
  app.get('/slowlane/faults', async () => ({ faults: options.faults.list() }));
  app.post('/slowlane/faults', async (request) => {
    options.faults.add(parseInput(Fault, request.body));
    return {};
  });
  app.delete('/slowlane/faults', async () => {
    options.faults.clear();
    return {};
  });
}
