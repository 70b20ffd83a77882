import type { ClusterSpec } from './schema.ts';

export type ClusterState =
  'PENDING' | 'RUNNING' | 'RESTARTING' | 'RESIZING' | 'TERMINATING' | 'TERMINATED' | 'ERROR' | 'UNKNOWN';

export interface TerminationReason {
  code: string;
  type: 'SUCCESS' | 'CLIENT_ERROR' | 'CLOUD_FAILURE' | 'SERVICE_FAULT';
  parameters?: Record<string, string>;
}

/** Times are epoch milliseconds; `null` = not yet. */
export interface ClusterRecord {
  clusterId: string;
  /** As it was asked for, with policy and pool applied. */
  spec: ClusterSpec;
  source: 'API' | 'JOB';
  state: ClusterState;
  stateMessage: string;
  reason: TerminationReason | null;
  /** How often it was started: names what belongs to one life of it. */
  generation: number;
  sparkContextId: string;
  /** Workers it shall have. */
  workers: number;
  /** Of a job cluster: the run that it belongs to, and under which name. */
  owner: { runId: number; key: string } | null;
  createdAt: number;
  startedAt: number | null;
  terminatedAt: number | null;
  activeAt: number;
  pinnedAt: number | null;
}

/** A master or worker process: written down before it is started, kept until it has ended. */
export interface PartRecord {
  sandboxId: string;
  clusterId: string;
  generation: number;
  role: 'master' | 'worker';
  phase: 'starting' | 'up' | 'ending';
}

export interface ClusterEvent {
  clusterId: string;
  at: number;
  type: string;
  details: Record<string, unknown>;
}

export function isLive(state: ClusterState): boolean {
  return state !== 'TERMINATED' && state !== 'ERROR' && state !== 'UNKNOWN';
}
