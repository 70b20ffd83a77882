import type { JsonObject } from '@slowlane/contracts';
import type { Case, CallStep } from '../case.ts';
import { call, claim, create, job, refused, remove } from './make.ts';
import { control } from './run-steps.ts';
import { doc, jobsSdk, ours, unverified } from './sources.ts';

const scheduled = doc('https://docs.databricks.com/jobs/scheduled.html');
/** The shortest distance that the service allows, so that a case ends soon. */
const often = { quartz_cron_expression: '0/10 * * * * ?', timezone_id: 'UTC' };
const daily = { quartz_cron_expression: '0 0 4 * * ?', timezone_id: 'Europe/Madrid' };
const quick = (more: JsonObject) => create({ tasks: [control('a', 'yes')], ...more });
const update = (new_settings: JsonObject, rest: Omit<CallStep, 'call' | 'with'> = {}) =>
  call('jobs.update', { job_id: '{job_id}', new_settings }, rest);
const get = (has: JsonObject) => call('jobs.get', { job_id: '{job_id}' }, { expect: { has } });
const runs = (rest: Omit<CallStep, 'call' | 'with'>) => call('jobs.list_runs', { job_id: '{job_id}' }, rest);
const started = (trigger: string) =>
  runs({ until: { has: { 'runs.0.trigger': trigger } }, expect: { has: { 'runs.0.run_type': 'JOB_RUN' } } });
const none = runs({ expect: { count: { runs: 0 } } });
const bySome = { clients: ['raw', 'python', 'java'] as const, why: 'our client does not carry what triggered a run' };
const pause = update({ schedule: { ...often, pause_status: 'PAUSED' } });
const invalid = refused(400, 'INVALID_PARAMETER_VALUE');

/** What starts the runs of a job by itself. */
export const scheduleCases: readonly Case[] = [
  claim(
    'schedules/fires',
    'a schedule starts runs of the job, and they say PERIODIC',
    jobsSdk,
    [quick({ schedule: { ...often, pause_status: 'UNPAUSED' } }), started('PERIODIC'), pause, remove],
    bySome,
  ),
  claim(
    'schedules/unpause',
    'a paused schedule starts nothing until an update unpauses it',
    jobsSdk,
    [
      quick({ schedule: { ...often, pause_status: 'PAUSED' } }),
      none,
      update({ schedule: { ...often, pause_status: 'UNPAUSED' } }),
      started('PERIODIC'),
      pause,
      remove,
    ],
    bySome,
  ),
  claim(
    'schedules/run-now-beside',
    'a run that is asked for says ONE_TIME, also where the job has a schedule',
    jobsSdk,
    [
      quick({ schedule: { ...daily, pause_status: 'UNPAUSED' } }),
      none,
      call('jobs.run_now', { job_id: '{job_id}', idempotency_token: '{unique}' }, { save: { run_id: 'run_id' } }),
      runs({ expect: { count: { runs: 1 }, has: { 'runs.0.trigger': 'ONE_TIME' } } }),
      remove,
    ],
    bySome,
  ),
  claim(
    'schedules/continuous',
    'a continuous job starts by itself, and its runs say CONTINUOUS',
    jobsSdk,
    [
      quick({ continuous: { pause_status: 'UNPAUSED' }, max_concurrent_runs: 1 }),
      started('CONTINUOUS'),
      update({ continuous: { pause_status: 'PAUSED' } }),
      remove,
    ],
    bySome,
  ),
  claim('schedules/periodic-stored', 'a periodic trigger comes back as it was given', jobsSdk, [
    quick({ trigger: { periodic: { interval: 6, unit: 'HOURS' }, pause_status: 'UNPAUSED' } }),
    get({ 'settings.trigger.periodic': { interval: 6, unit: 'HOURS' }, 'settings.trigger.pause_status': 'UNPAUSED' }),
    remove,
  ]),
  claim('schedules/year-field', 'Quartz expressions may have a seventh field, the year', scheduled, [
    quick({ schedule: { ...daily, quartz_cron_expression: '0 0 4 1 1 ? 2099', pause_status: 'PAUSED' } }),
    get({ 'settings.schedule.quartz_cron_expression': '0 0 4 1 1 ? 2099' }),
    remove,
  ]),
  claim(
    'schedules/last-days',
    'L-3, LW, 15W, 6L and 6#3 are days of a Quartz expression',
    doc('https://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html'),
    ['0 0 4 L-3 * ?', '0 0 4 LW * ?', '0 0 4 15W * ?', '0 0 4 ? * 6L', '0 0 4 ? * 6#3'].flatMap((expression) => [
      quick({ schedule: { ...daily, quartz_cron_expression: expression, pause_status: 'PAUSED' } }),
      get({ 'settings.schedule.quartz_cron_expression': expression }),
      remove,
    ]),
  ),
  claim('schedules/unix-cron', 'a cron expression of five fields is refused', scheduled, [
    call('jobs.create', job({ schedule: { ...daily, quartz_cron_expression: '0 4 * * *' } }), { expect: invalid }),
  ]),
  claim('schedules/no-expression', 'a schedule without an expression is refused', jobsSdk, [
    call('jobs.create', job({ schedule: { timezone_id: 'UTC' } }), { expect: refused(400) }),
  ]),
  claim('schedules/two-days', 'a day of the month and a day of the week at once are refused', unverified, [
    call('jobs.create', job({ schedule: { ...daily, quartz_cron_expression: '0 0 4 1 * 2' } }), { expect: invalid }),
  ]),
  claim('schedules/bad-update', 'an update with a bad expression is refused and changes nothing', unverified, [
    quick({ schedule: { ...daily, pause_status: 'PAUSED' } }),
    update({ schedule: { ...daily, quartz_cron_expression: 'every day' } }, { expect: invalid }),
    get({ 'settings.schedule': { ...daily, pause_status: 'PAUSED' } }),
    remove,
  ]),
  claim('schedules/deleted', 'the schedule of a deleted job starts nothing more', ours, [
    quick({ schedule: { ...often, pause_status: 'UNPAUSED' } }),
    remove,
    none,
  ]),
];
