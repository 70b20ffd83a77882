import { type PipelineFile, ScheduleEntry } from '@slowlane/contracts';

/** The schedules of a pipeline file; one cron expression alone is one named `default`. */
export function scheduleEntries({ schedule }: Pick<PipelineFile, 'schedule'>): ScheduleEntry[] {
  if (schedule === undefined) return [];
  return typeof schedule === 'string' ? [ScheduleEntry.parse({ cron: schedule })] : schedule;
}
