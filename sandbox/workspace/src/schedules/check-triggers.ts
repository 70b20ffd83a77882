import { invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { quartzProblem } from './quartz.ts';
import { JobTriggers } from './schema.ts';

/** Refuses, with 400, what would never start a run, or not as the settings say. Paused ones are looked at in the same way. */
export function checkTriggers(settings: { schedule?: unknown; continuous?: unknown; trigger?: unknown }): void {
  const { schedule, continuous, trigger } = parseInput(JobTriggers, settings);
  const given = Object.entries({ schedule, continuous, trigger }).filter(([, value]) => (value ?? null) !== null);
  if (given.length > 1)
    throw invalidParameter(
      `Only one of schedule, continuous and trigger can be set, but ${given.map(([name]) => name).join(' and ')} are.`,
    );
  for (const [name, value] of given) {
    if (((value as Record<string, unknown>)['sql_condition'] ?? null) !== null)
      throw invalidParameter(`${name}: sql_condition is not supported by the local workspace.`);
  }
  const problem = schedule && quartzProblem(schedule.quartz_cron_expression, schedule.timezone_id);
  if (problem !== undefined && problem !== null) throw invalidParameter(`schedule: ${problem}`);
  if (trigger && trigger.periodic === undefined) {
    const kind = Object.keys(trigger).find((key) => key !== 'pause_status') ?? 'without a kind';
    throw invalidParameter(
      `trigger: ${kind} is not supported by the local workspace. Use trigger.periodic, schedule or continuous.`,
    );
  }
}
