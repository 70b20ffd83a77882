/** Schedules and deliveries. */
export const schedulesAndDeliveries = [
  `create table schedules (pipeline text not null, name text not null, cron text not null, last_at bigint not null, last_request text, problem text,
    paused_by text, paused_reason text, paused_at bigint, primary key (pipeline, name))`,
  `create table delivery_queue (id text primary key, request text not null, correlation text not null, pipeline text not null, kind text not null,
    address text not null, audience text not null, event text not null, state text not null, attempt integer not null, due_at bigint not null,
    status integer, failure text, created_at bigint not null, updated_at bigint not null)`,
  'create index delivery_queue_due on delivery_queue (state, due_at)',
  'create index delivery_queue_request on delivery_queue (request)',
];
