import { createServer } from 'node:http';
import { once } from 'node:events';

/** A workspace that answers at once and remembers when each run-now arrived: the other end of what the submit bench measures. */
export async function startInstantWorkspace(): Promise<{
  host: string;
  arrivedAt(result: string): Promise<number>;
  close(): void;
}> {
  const arrivals = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  let runs = 1_000_000_000;
  const server = createServer(async (request, response) => {
    const at = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    response.setHeader('content-type', 'application/json');
    if (path.endsWith('/run-now')) {
      const { job_parameters: parameters } = JSON.parse(Buffer.concat(chunks).toString()) as {
        job_parameters: { result: string };
      };
      const key = requestOf(parameters.result);
      arrivals.set(key, at);
      waiting.get(key)?.(at);
      return void response.end(JSON.stringify({ run_id: ++runs, number_in_job: runs }));
    }
    if (path.endsWith('/runs/get')) {
      return void response.end(
        JSON.stringify({
          run_id: runs,
          state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS' },
          status: { state: 'TERMINATED', termination_details: { code: 'SUCCESS', type: 'SUCCESS', message: '' } },
          tasks: [{ run_id: runs, task_key: 'main' }],
        }),
      );
    }
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    arrivedAt: (request) =>
      new Promise((resolve) =>
        arrivals.has(request) ? resolve(arrivals.get(request) as number) : waiting.set(request, resolve),
      ),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function requestOf(resultPath: string): string {
  return /req_[0-9A-Z]{26}/.exec(resultPath)?.[0] ?? resultPath;
}
