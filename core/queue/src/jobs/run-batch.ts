import type { Job } from 'bullmq';
import { failureOf } from '@slowlane/contracts';
import { asUnavailable } from '../redis/availability.ts';
import type { QueueJobName } from './catalogue.ts';
import { failWork, kindOf } from './fail-work.ts';
import { type AnyProcessor, EndedElsewhere, ProcessStops, type RunJobDeps, isFenced, perform } from './run-job.ts';
import { BatchJob } from './schema.ts';

type Carried = BatchJob['batch'][number];

interface Ride {
  deps: RunJobDeps;
  name: QueueJobName;
  kind: BatchJob['kind'];
  /** Of the batch: that of its first trigger. */
  nonce: string;
}

/**
 * After it comes a stage that waits for the whole batch. Whoever takes longer than this, goes on alone, so that nobody waits for another's slow
 * lookup or join for longer.
 */
const waitedFor: ReadonlySet<QueueJobName> = new Set(['prepare', 'join']);
const PATIENCE_MS = 1_000;

export function isBatch({ data }: Job): boolean {
  return Array.isArray((data as { batch?: unknown }).batch);
}

/**
 * All of a batch at once, each as if it had a queue job of its own. What fails for good ends its own subject; what has to be tried again, or has
 * not ended when the process stops, goes on alone. A batch that was started before may hold what ends processes: all of it goes on alone.
 */
export async function runBatch(deps: RunJobDeps, name: QueueJobName, processor: AnyProcessor, job: Job): Promise<void> {
  const { kind, batch } = BatchJob.parse(job.data);
  const ride = { deps, name, kind, nonce: (batch[0] as Carried).nonce };
  const aboard = await whoIsAboard(ride, batch);
  const isFirstStart = job.attemptsStarted <= 1;
  await Promise.all(aboard.map((one) => (isFirstStart ? carry(ride, one, processor) : goAlone(ride, one))));
}

async function whoIsAboard({ deps, name, kind, nonce }: Ride, batch: readonly Carried[]): Promise<Carried[]> {
  // The lease of a part says whether it is to be submitted.
  if (kind === 'submit') return [...batch];
  const evenIfEnded = name === 'notify' ? '1' : '';
  const pairs = batch.flatMap((one) => [one.id, one.nonce]);
  const answers = (await deps.lanes.store.run('aboard', kind, nonce, evenIfEnded, ...pairs)) as number[];
  return batch.filter((_, index) => answers[index] === 1);
}

async function carry(ride: Ride, one: Carried, processor: AnyProcessor): Promise<void> {
  const { deps, name } = ride;
  const payload = ride.kind === 'submit' ? { partId: one.id } : { requestId: one.id };
  const work = perform(deps, { name, id: one.id, payload }, processor).catch((thrown: unknown) =>
    afterThrow(ride, one, thrown),
  );
  if (!waitedFor.has(name)) return work;
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), PATIENCE_MS);
  const ended = work.finally(() => clearTimeout(timer));
  if ((await Promise.race([ended, late.promise])) !== 'late') return;
  // What it still does, and how it ends, no longer matters.
  ended.catch(() => undefined);
  await goAlone(ride, one);
}

async function afterThrow(ride: Ride, one: Carried, thrown: unknown): Promise<void> {
  if (thrown instanceof EndedElsewhere) return;
  if (thrown instanceof ProcessStops || isFenced(thrown)) return goAlone(ride, one);
  const failure = failureOf(asUnavailable(thrown));
  if (failure.kind === 'temporary') return goAlone(ride, one);
  const { lanes } = ride.deps;
  const work = { kind: kindOf(ride.name), id: one.id };
  lanes.logger.info({ job: ride.name, id: one.id, code: failure.code, message: failure.message }, 'queue job failed');
  await failWork(lanes, work, failure);
}

async function goAlone({ deps, kind, nonce }: Ride, one: Carried): Promise<void> {
  await deps.lanes.store.run('go-alone', kind, one.id, one.nonce, nonce);
}
