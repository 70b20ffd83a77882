import { type SlowLaneEvent, requestEndEvents } from '@slowlane/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { System } from './system.ts';

const ends = new Set<string>(requestEndEvents);

/** The stream as a reader outside sees it, from its beginning. */
export interface StreamRecord {
  events: SlowLaneEvent[];
  ended: Set<string>;
  stop(): Promise<void>;
}

export function recordStream({ queue }: System): StreamRecord {
  const events: SlowLaneEvent[] = [];
  const ended = new Set<string>();
  let stopping = false;
  const loop = (async () => {
    while (!stopping) {
      const more = await queue.events
        .read(events.at(-1)?.id ?? '0-0', 1_000, 200)
        .catch(() => pause(50).then(() => []));
      for (const event of more) {
        events.push(event);
        if (ends.has(event.type) && event.subject.request !== undefined) ended.add(event.subject.request);
      }
    }
  })();
  return {
    events,
    ended,
    async stop() {
      stopping = true;
      await loop;
    },
  };
}

export interface RunOfRecord {
  runId: number;
  result: string;
  startedAt: number;
  endedAt: number;
  succeeded: boolean;
}

interface RawRun {
  run_id: number;
  run_name?: string;
  start_time: number;
  end_time?: number;
  job_parameters?: { name: string; value?: string }[];
  state?: { result_state?: string };
}

/** Every run that the workspace has ever had, by its own word. */
export async function runsOfRecord(system: System): Promise<RunOfRecord[]> {
  const runs: RunOfRecord[] = [];
  for (let page = ''; ;) {
    const path = `/api/2.2/jobs/runs/list?limit=25${page === '' ? '' : `&page_token=${encodeURIComponent(page)}`}`;
    const answer = (await askWorkspace(system, path)) as { runs?: RawRun[]; next_page_token?: string };
    for (const run of answer.runs ?? []) {
      runs.push({
        runId: run.run_id,
        // A one-time run has no parameters of a job; its name says the same.
        result: run.job_parameters?.find(({ name }) => name === 'result')?.value ?? run.run_name ?? '',
        startedAt: run.start_time,
        endedAt: run.end_time === undefined || run.end_time === 0 ? Number.POSITIVE_INFINITY : run.end_time,
        succeeded: run.state?.result_state === 'SUCCESS',
      });
    }
    page = answer.next_page_token ?? '';
    if (page === '') return runs;
  }
}

export async function clustersAlive(system: System): Promise<string[]> {
  const { clusters = [] } = (await askWorkspace(system, '/api/2.1/clusters/list')) as {
    clusters?: { cluster_id: string; state: string; cluster_source?: string }[];
  };
  return clusters.filter(({ state }) => state !== 'TERMINATED').map(({ cluster_id: id, state }) => `${id} ${state}`);
}

async function askWorkspace({ workspace }: System, path: string): Promise<unknown> {
  const answer = await fetch(workspace.url + path, {
    headers: { authorization: `Bearer ${workspace.token}` },
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
