import type { Generated } from 'kysely';

/** Tables of the read model. JSON is text; times are epoch milliseconds; an absent value is NULL. */
export interface Database {
  events: EventTable;
  cursor: { name: string; value: string };
  requests: RequestTable;
  parts: PartTable;
  runs: RunTable;
  builds: BuildTable;
  deliveries: DeliveryTable;
  hand_limits: { dimension: string; limit: number; by: string; reason: string; at: number };
  pipelines: {
    name: string;
    revision: number;
    file: string;
    text: string;
    origin: 'applied' | 'repository';
    by: string;
    at: number;
  };
  registrations: RegistrationTable;
  tokens: TokenTable;
  schedules: ScheduleTable;
  delivery_queue: DeliveryQueueTable;
  /** An empty signature: all links made until then. */
  revoked_links: { request: string; signature: string; by: string; at: number };
  /** Events that the read model could not take: the archive has them, the tables do not. */
  quarantine: { ms: number; n: number; event: string; error: string; at: number };
  leases: { name: string; holder: string; fence: number; until: number };
}

export interface EventTable {
  ms: number;
  n: number;
  type: string;
  correlation: string;
  pipeline: string | null;
  build: string | null;
  request: string | null;
  part: string | null;
  run: string | null;
  data: string;
}

export interface RequestTable {
  id: string;
  correlation: string;
  traceparent: string | null;
  operation: string;
  principal: string;
  body: string;
  mediated: string | null;
  callback: string | null;
  pipeline: string;
  revision: number;
  registration: string;
  artifact: string;
  workspace: string;
  state: string;
  parts_total: number;
  parts_ended: number;
  accepted_at: number;
  ended_at: number | null;
  failure: string | null;
  result: string | null;
  result_path: string | null;
  end_event: string | null;
  tenant: string | null;
  not_before: number | null;
  deadline: number | null;
  priority: number | null;
  /** Of its ended parts, in millionths of the currency; as the two of a part. */
  cost: number | null;
}

export interface PartTable {
  id: string;
  request: string;
  idx: number;
  key: string;
  document: string;
  state: string;
  attempt: number;
  token: string | null;
  run_id: string | null;
  run_page_url: string | null;
  parked_at: number;
  granted_at: number | null;
  submitted_at: number | null;
  ended_at: number | null;
  failure: string | null;
  waiting: string | null;
  cancel: number;
  log: string | null;
  estimate: number | null;
  cost: number | null;
}

/** One row per (part, attempt). */
export interface RunTable {
  part: string;
  attempt: number;
  request: string;
  run_id: string;
  run_page_url: string | null;
  state: string;
  started_at: number;
  ended_at: number | null;
  run_ms: number | null;
}

export interface BuildTable {
  id: string;
  correlation: string;
  pipeline: string;
  revision: number | null;
  source: string;
  purpose: string;
  push: string | null;
  principal: string;
  language: string | null;
  driver: string | null;
  state: string;
  created_at: number;
  ended_at: number | null;
  failure: string | null;
  found: string;
  artifact: string | null;
  commit_id: string | null;
}

export interface DeliveryTable {
  ms: number;
  n: number;
  request: string | null;
  url: string;
  sent: number;
  status: number | null;
  attempt: number;
  failure: string | null;
}

export interface RegistrationTable {
  seq: Generated<number>;
  id: string;
  pipeline: string;
  target: string;
  settings_digest: string | null;
  build: string;
  correlation: string;
  artifact: string;
  primary_file: string;
  job: string | null;
  /** The whole Registration. */
  doc: string;
}

export interface TokenTable {
  id: string;
  prefix: string;
  hash: Uint8Array;
  name: string;
  scopes: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
}

export interface ScheduleTable {
  pipeline: string;
  name: string;
  cron: string;
  last_at: number;
  last_request: string | null;
  problem: string | null;
  paused_by: string | null;
  paused_reason: string | null;
  paused_at: number | null;
}

/** One row per notification and address, until it is forgotten; `deliveries` holds every try, as the events told it. */
export interface DeliveryQueueTable {
  id: string;
  request: string;
  correlation: string;
  pipeline: string;
  kind: string;
  address: string;
  audience: string;
  event: string;
  state: string;
  attempt: number;
  due_at: number;
  status: number | null;
  failure: string | null;
  created_at: number;
  updated_at: number;
}
