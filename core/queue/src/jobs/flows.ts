import { type BuildPurpose, type BuildState, isBuildTerminal } from '@slowlane/contracts';
import { type QueueJobName, catalogue } from './catalogue.ts';
import type { BatchJob } from './schema.ts';

/** A queue job with those that must end before it. What `FlowProducer.add` takes. */
export interface FlowNode {
  name: QueueJobName;
  queueName: QueueJobName;
  data: Record<string, string> | BatchJob;
  prefix: string;
  opts: {
    jobId: string;
    attempts: number;
    backoff: { type: 'custom' };
    removeOnComplete: { age: number; count: number };
    removeOnFail: { age: number; count: number };
    delay?: number;
    /** The parent of a child that failed for good fails unrun; without one of these two it would wait for ever. */
    failParentOnFailure?: boolean;
    ignoreDependencyOnFailure?: boolean;
  };
  children?: FlowNode[];
}

export interface FlowOptions {
  prefix: string;
  /** Id of the trigger, of a batch that of its first: the same trigger always makes the same queue jobs, so making them again is harmless. */
  nonce: string;
}

/** What a flow of the request lane is for: one request or part, or a batch of them. */
export type Cargo = string | BatchJob;

/** How long and how many ended queue jobs are kept. Always both: age alone makes BullMQ's clean-up script long. */
export const keptJobs = { completed: { age: 3_600, count: 1_000 }, failed: { age: 86_400, count: 1_000 } };

/** A push whose end nobody tells is given up after this time. */
export const CONFIRM_WAIT_MS = 24 * 3_600_000;

export const buildStages = [
  'fetch',
  'detect',
  'plan',
  'build',
  'inspect',
  'publish',
  'register',
] as const satisfies QueueJobName[];

const stageOfState: Partial<Record<BuildState, (typeof buildStages)[number]>> = {
  queued: 'fetch',
  fetching: 'fetch',
  detecting: 'detect',
  planning: 'plan',
  building: 'build',
  inspecting: 'inspect',
  publishing: 'publish',
  published: 'register',
  registering: 'register',
};

/** `prepare`, then `split`, which parks the parts: nothing of the request is a queue job after that until a part is granted. */
export function mediateFlow(requests: Cargo, options: FlowOptions): FlowNode {
  return { ...ofRequests('split', requests, options), children: [failing(ofRequests('prepare', requests, options))] };
}

/** `join`, then `notify`, also when the join failed: the client hears of every end. */
export function finishFlow(requests: Cargo, options: FlowOptions): FlowNode {
  return { ...ofRequests('notify', requests, options), children: [ignored(ofRequests('join', requests, options))] };
}

export function notifyJob(requests: Cargo, options: FlowOptions): FlowNode {
  return ofRequests('notify', requests, options);
}

export function submitJob(parts: Cargo, options: FlowOptions & { delayMs: number }): FlowNode {
  const job =
    typeof parts === 'string' ? node('submit', { partId: parts }, options) : ofBatch('submit', parts, options);
  return options.delayMs > 0 ? { ...job, opts: { ...job.opts, delay: options.delayMs } } : job;
}

/**
 * The stages of a build as a chain, the last one on top; `from` is the state it is in, so that a flow made again goes on where the lost
 * one was. A build that registers nothing ends with `inspect`. The `register` of a push also waits for the word of git. `undefined` for
 * a build that has ended.
 */
export function buildFlow(
  build: { id: string; purpose: BuildPurpose['kind']; state: BuildState; pushEnded: boolean },
  options: FlowOptions,
): FlowNode | undefined {
  if (isBuildTerminal(build.state)) return undefined;
  const last: QueueJobName = build.purpose === 'build-only' ? 'inspect' : 'register';
  const first = stageOfState[build.state] ?? 'fetch';
  const chain = buildStages.slice(buildStages.indexOf(first), buildStages.indexOf(last) + 1);
  const data = { buildId: build.id };
  let top: FlowNode | undefined;
  for (const name of chain) {
    const children = top === undefined ? [] : [failing(top)];
    if (name === 'register' && build.purpose === 'push') children.push(ignored(confirmJob(build, options)));
    top = { ...node(name, data, options), ...(children.length === 0 ? {} : { children }) };
  }
  return top;
}

function confirmJob(build: { id: string; pushEnded: boolean }, options: FlowOptions): FlowNode {
  const job = node('confirm', { buildId: build.id }, options);
  return build.pushEnded ? job : { ...job, opts: { ...job.opts, delay: CONFIRM_WAIT_MS } };
}

/** Names of a flow's queue jobs, the top one first. */
export function jobsOf(flow: FlowNode): { queue: QueueJobName; jobId: string }[] {
  return [{ queue: flow.queueName, jobId: flow.opts.jobId }, ...(flow.children ?? []).flatMap(jobsOf)];
}

/** BullMQ allows no `:` in an id of ours and no bare number. */
export function jobIdOf(name: QueueJobName, id: string, nonce: string): string {
  return `${name}-${id}-${nonce}`;
}

function ofRequests(name: QueueJobName, requests: Cargo, options: FlowOptions): FlowNode {
  return typeof requests === 'string' ? node(name, { requestId: requests }, options) : ofBatch(name, requests, options);
}

function node(name: QueueJobName, data: Record<string, string>, options: FlowOptions): FlowNode {
  return withId(name, data, jobIdOf(name, Object.values(data)[0] as string, options.nonce), options);
}

function ofBatch(name: QueueJobName, batch: BatchJob, options: FlowOptions): FlowNode {
  return withId(name, batch, jobIdOf(name, 'batch', options.nonce), options);
}

function withId(name: QueueJobName, data: FlowNode['data'], jobId: string, { prefix }: FlowOptions): FlowNode {
  return {
    name,
    queueName: name,
    data,
    prefix,
    opts: {
      jobId,
      attempts: catalogue[name].retry.attempts,
      backoff: { type: 'custom' },
      removeOnComplete: keptJobs.completed,
      removeOnFail: keptJobs.failed,
    },
  };
}

function failing(child: FlowNode): FlowNode {
  return { ...child, opts: { ...child.opts, failParentOnFailure: true } };
}

function ignored(child: FlowNode): FlowNode {
  return { ...child, opts: { ...child.opts, ignoreDependencyOnFailure: true } };
}
