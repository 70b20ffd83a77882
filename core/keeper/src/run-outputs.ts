import { Readable } from 'node:stream';
import { type Digest, SlowLaneError, scrub } from '@slowlane/contracts';
import type { DatabricksClient, Run, RunOutput } from '@slowlane/databricks';
import type { KeeperDeps } from './keeper-deps.ts';

const options = { timeoutMs: 10_000, retryBudgetMs: 5_000 };

/** Output of each task of an ended run. What the workspace does not give is logged and left out: a lost log must not lose the outcome. */
export async function readOutputs(deps: KeeperDeps, client: DatabricksClient, run: Run): Promise<RunOutput[]> {
  const ids = run.tasks.length === 0 ? [run.runId] : run.tasks.map((task) => task.runId);
  const outputs: RunOutput[] = [];
  for (const id of ids) {
    try {
      outputs.push(await client.runs.output(id, options));
    } catch (error) {
      if (!(error instanceof SlowLaneError)) throw error;
      deps.logger.warn({ runId: run.runId, taskRunId: id, failure: error.toFailure() }, 'no output of the run');
    }
  }
  return outputs;
}

/** Keeps the driver log of a run as a blob; `undefined` when there is none, or when the store fails: the run's outcome stands without it. */
export async function keepLog(deps: KeeperDeps, run: Run, outputs: RunOutput[]): Promise<Digest | undefined> {
  const text = outputs
    .map(logOf)
    .filter((part) => part !== '')
    .join('\n');
  if (text === '') return undefined;
  try {
    return (await deps.blobs.put(Readable.from([Buffer.from(scrub(text))]))).digest;
  } catch (error) {
    deps.logger.error({ runId: run.runId, error: String(error) }, 'driver log could not be stored');
    return undefined;
  }
}

function logOf({ logs, logsTruncated, error, errorTrace }: RunOutput): string {
  const head = logsTruncated ? '[the workspace kept only the end of this log]\n' : '';
  const trace = errorTrace ?? error ?? '';
  const tail = trace === '' || logs?.includes(trace.trim()) === true ? '' : `\n${trace}`;
  const text = `${logs ?? ''}${tail}`;
  return text.trim() === '' ? '' : `${head}${text}`;
}
