import { setTimeout as pause } from 'node:timers/promises';
import { formatDuration, newId } from '@slowlane/kit';
import type { Installation } from '../processes/installation.ts';
import { type Figure, median, percentile, time } from './figures.ts';
import { type LaneRig, openLaneRig, startLane } from './lane-rig.ts';

/** From accept to the moment run-now arrives at the workspace, gate open, through the real Redis, flows, mediator and keeper. */
export async function benchSubmit(installation: Installation): Promise<Figure[]> {
  const rig = await openLaneRig(installation);
  const lane = await startLane(rig, () => undefined);
  try {
    for (let round = 0; round < 20; round++) await once(rig);
    const latencies: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < 200; round++) {
      latencies.push(await once(rig));
      raw.push(await time(() => direct(rig)));
      await pause(5);
    }
    const [p50, p99] = [median(latencies), percentile(latencies, 0.99)];
    const rawP50 = median(raw);
    const figure = (name: string, value: number, limit: number): Figure => ({
      name,
      ours: formatDuration(value),
      raw: formatDuration(rawP50),
      ratio: (value / rawP50).toFixed(2),
      target: `<= ${limit} ms`,
      met: value <= limit,
    });
    return [
      figure('accept -> submit sent, p50 (raw: the two calls alone)', p50, 25),
      figure('accept -> submit sent, p99', p99, 100),
    ];
  } finally {
    await lane.stop();
    await rig.close();
  }
}

async function once({ queue, workspace, newRequest }: LaneRig): Promise<number> {
  const request = newRequest();
  const begun = performance.now();
  await queue.requests.accept(request);
  return (await workspace.arrivedAt(request.id)) - begun;
}

/** What a submission sends to the workspace, and nothing else. */
export async function direct({ client }: Pick<LaneRig, 'client'>): Promise<void> {
  await client.files.put('/Volumes/main/slowlane/direct.json', Buffer.from('{}'));
  await client.jobs.runNow({
    jobId: '1',
    idempotencyToken: newId('req'),
    jobParameters: { request: '', result: newId('req') },
  });
}
