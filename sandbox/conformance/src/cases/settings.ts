import type { JsonObject } from '@slowlane/contracts';
import type { Case } from '../case.ts';
import { call, claim, create, http, invalid, job, remove, task } from './make.ts';
import { jobsSdk, unverified } from './sources.ts';

const get = (has: JsonObject) => call('jobs.get', { job_id: '{job_id}' }, { expect: { has } });
const stored = (id: string, title: string, settings: JsonObject, has: JsonObject): Case =>
  claim(`jobs/${id}`, title, jobsSdk, [create(settings), get(has), remove]);
const daily = { quartz_cron_expression: '0 0 4 * * ?', timezone_id: 'Europe/Madrid' };
const refusedAtCreate = (more: JsonObject) =>
  http('POST', '/api/2.2/jobs/create', { body: JSON.stringify(job(more)), expect: invalid() });

/** What is kept of a job although nothing runs it. */
export const settingsCases: readonly Case[] = [
  stored(
    'notifications-stored',
    'mail notifications come back as they were given',
    {
      email_notifications: { on_failure: ['a@example.org', 'b@example.org'] },
      notification_settings: { no_alert_for_canceled_runs: true },
    },
    {
      'settings.email_notifications.on_failure': ['a@example.org', 'b@example.org'],
      'settings.notification_settings.no_alert_for_canceled_runs': true,
    },
  ),
  stored(
    'task-notifications-stored',
    'a task has notifications of its own',
    { tasks: [task('main', { email_notifications: { on_start: ['a@example.org'] } })] },
    { 'settings.tasks.0.email_notifications.on_start': ['a@example.org'] },
  ),
  stored(
    'schedule-paused',
    'a paused schedule comes back as it was given',
    { schedule: { ...daily, pause_status: 'PAUSED' } },
    { 'settings.schedule': { ...daily, pause_status: 'PAUSED' } },
  ),
  stored(
    'parameters-stored',
    'job parameters come back in their order',
    {
      parameters: [
        { name: 'day', default: '' },
        { name: 'hour', default: '1' },
      ],
    },
    { 'settings.parameters.0.name': 'day', 'settings.parameters.1': { name: 'hour', default: '1' } },
  ),
  stored('tags-stored', 'tags come back', { tags: { owner: 'me', empty: '' } }, { 'settings.tags.owner': 'me' }),
  stored(
    'health-stored',
    'health rules come back',
    { health: { rules: [{ metric: 'RUN_DURATION_SECONDS', op: 'GREATER_THAN', value: 10 }] } },
    { 'settings.health.rules.0.metric': 'RUN_DURATION_SECONDS', 'settings.health.rules.0.value': 10 },
  ),
  stored(
    'queue-stored',
    'whether runs queue comes back',
    { queue: { enabled: true } },
    { 'settings.queue.enabled': true },
  ),
  claim('jobs/schedule-changed', 'update pauses a schedule that goes', jobsSdk, [
    create({ schedule: { ...daily, pause_status: 'UNPAUSED' } }),
    get({ 'settings.schedule.pause_status': 'UNPAUSED' }),
    call('jobs.update', {
      job_id: '{job_id}',
      new_settings: { schedule: { ...daily, pause_status: 'PAUSED' } },
    }),
    get({ 'settings.schedule.pause_status': 'PAUSED' }),
    remove,
  ]),
  claim('jobs/schedule-removed', 'fields_to_remove takes the schedule away', jobsSdk, [
    create({ schedule: { ...daily, pause_status: 'PAUSED' } }),
    call('jobs.update', { job_id: '{job_id}', fields_to_remove: ['schedule'] }),
    call('jobs.get', { job_id: '{job_id}' }, { expect: { wire: { absent: ['settings.schedule'] } } }),
    remove,
  ]),
  claim('jobs/schedule-or-continuous', 'a job has a schedule or is continuous, not both', jobsSdk, [
    refusedAtCreate({ schedule: daily, continuous: { pause_status: 'PAUSED' } }),
  ]),
  claim('jobs/schedule-bad-cron', 'a schedule that is no cron expression is refused', unverified, [
    refusedAtCreate({ schedule: { ...daily, quartz_cron_expression: 'every day' } }),
  ]),
  claim('jobs/schedule-bad-zone', 'a time zone that does not exist is refused', unverified, [
    refusedAtCreate({ schedule: { ...daily, timezone_id: 'Europe/Atlantis' } }),
  ]),
];
