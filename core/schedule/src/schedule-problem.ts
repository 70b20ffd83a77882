import { type Failure, type PipelineFile, type ScheduleEntry, SlowLaneError } from '@slowlane/contracts';
import { occurrenceAfter } from './occurrences.ts';
import { scheduleEntries } from './schedule-entries.ts';

/** What is wrong with the schedules of a pipeline file: expressions, zones, names given twice, times that never come. `pipeline.invalid`, naming each. */
export function scheduleProblem(file: Pick<PipelineFile, 'schedule' | 'pipeline'>, now: number): Failure | undefined {
  const entries = scheduleEntries(file);
  const problems = entries.map((entry) => problemOf(entry, now)).filter((problem) => problem !== undefined);
  for (const [name, same] of Map.groupBy(entries, (entry) => entry.name)) {
    if (same.length > 1) problems.push(`schedule "${name}" is there ${same.length} times; give each its own name`);
  }
  if (problems.length === 0) return undefined;
  return new SlowLaneError('pipeline.invalid', `pipeline "${file.pipeline}": ${problems.join('; ')}`, {
    hint: 'Five fields: minute hour day month weekday, such as "0 2 * * *"; the zone is an IANA name such as Europe/Madrid.',
  }).toFailure();
}

function problemOf({ name, cron, zone }: ScheduleEntry, now: number): string | undefined {
  if (!isZone(zone)) return `schedule "${name}": there is no time zone "${zone}"`;
  try {
    if (occurrenceAfter({ cron, zone }, now) !== undefined) return undefined;
    return `schedule "${name}": "${cron}" never comes`;
  } catch (error) {
    return `schedule "${name}": "${cron}" cannot be read: ${(error as Error).message.replace(/^\w+: /, '')}`;
  }
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}
