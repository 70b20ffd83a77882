import { Readable } from 'node:stream';
import { type Digest, SlowLaneError, scrub } from '@slowlane/contracts';
import type { DatabricksClient, Run, RunOutput } from '@slowlane/databricks';
import type { KeeperDeps } from './keeper-deps.ts';

export interface LogDelivery {
  client: DatabricksClient;
  run: Run;
  outputs: readonly RunOutput[];
  /** Volume folder that the workspace delivers the logs of the job's clusters to: `cluster_log_conf` of the pool. */
  base: string | undefined;
}

/** A cluster's logs are delivered when it ends, some time after its run; longer is not waited for, and the tail is kept instead. */
const patienceMs = 120_000;
const callOptions = { timeoutMs: 15_000, retryBudgetMs: 0 };
const names = ['stdout', 'stderr'] as const;

/**
 * The whole log of a run whose `get-output` has only the end of it, from where the workspace delivers logs to. `later`: it is not there yet.
 * `undefined`: there is none to be had.
 *
 * @see https://docs.databricks.com/compute/configure#compute-log-delivery
 */
export async function deliveredLog(deps: KeeperDeps, delivery: LogDelivery): Promise<Digest | 'later' | undefined> {
  const { run, base, outputs } = delivery;
  const [task] = run.tasks;
  if (base === undefined || task?.clusterId === undefined || !outputs.some(({ logsTruncated }) => logsTruncated))
    return undefined;
  const folder = `${base.replace(/\/+$/, '')}/${task.clusterId}/driver`;
  try {
    const sizes = await Promise.all(names.map((name) => delivery.client.files.head(`${folder}/${name}`, callOptions)));
    if (isWhole(delivery, sizes)) return (await deps.blobs.put(Readable.from(linesOf(deps, delivery, folder)))).digest;
    return deps.clock.now() - (run.endTime ?? 0) < patienceMs ? 'later' : undefined;
  } catch (error) {
    if (!(error instanceof SlowLaneError)) throw error;
    deps.logger.warn({ runId: run.runId, folder, failure: error.toFailure() }, 'the delivered log could not be read');
    return undefined;
  }
}

/** What is delivered while the cluster still runs may end anywhere: it must be longer than the end that is known. */
function isWhole({ outputs }: LogDelivery, sizes: readonly ({ size: number } | undefined)[]): boolean {
  const known = outputs.reduce((sum, { logs = '' }) => sum + Buffer.byteLength(logs), 0);
  return sizes.reduce((sum, file) => sum + (file?.size ?? 0), 0) > known;
}

/** Both files one after the other, line by line so that no secret slips through between two chunks, up to the bound. */
async function* linesOf(deps: KeeperDeps, { client }: LogDelivery, folder: string): AsyncGenerator<Buffer> {
  let left = deps.logBytes;
  for (const name of names) {
    const path = `${folder}/${name}`;
    if ((await client.files.head(path, callOptions)) === undefined) continue;
    yield Buffer.from(`==> ${name}\n`);
    const { stream } = await client.files.download(path, { timeoutMs: 600_000 });
    for await (const lines of scrubbedLines(stream)) {
      const bytes = Buffer.from(lines);
      yield bytes.subarray(0, left);
      left -= bytes.length;
      if (left >= 0) continue;
      stream.destroy();
      yield Buffer.from(`\n[longer than ${deps.logBytes} bytes; the rest is at ${path}]\n`);
      return;
    }
  }
}

/** Longer ones are scrubbed in pieces. */
const longestLine = 1_048_576;

async function* scrubbedLines(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    const end = rest.length > longestLine ? rest.length : rest.lastIndexOf('\n') + 1;
    if (end === 0) continue;
    yield scrub(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest !== '') yield scrub(`${rest}\n`);
}
