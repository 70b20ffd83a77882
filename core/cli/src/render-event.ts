import type { EventType, EventView } from '@slowlane/contracts';
import { formatBytes, formatDuration } from '@slowlane/kit';
import type { Style } from './command.ts';
import { amount } from './money.ts';

type Data = Record<string, unknown>;

/** One line per event, in the words of the field; a new event type does not compile until it has a line. */
const lines: Record<EventType, (data: Data) => string> = {
  'push.received': ({ ref, commit, principal }) => `push of ${short(commit)} to ${text(ref)} by ${text(principal)}`,
  'push.completed': () => 'git has taken the push',
  'push.aborted': () => 'the push was not completed',
  'build.queued': () => 'build queued',
  'build.stage': ({ stage, found }) => `${text(stage).padEnd(10)} ${findings((found ?? {}) as Data)}`.trimEnd(),
  'build.cached': ({ fromBuild }) => `unchanged: taken over from ${text(fromBuild)}, no sandbox started`,
  'build.registered': ({ jobId, workspace, artifact }) =>
    `registered as job ${text(jobId)} on ${text(workspace)}, artifact ${digest(artifact)}`,
  'build.built': () => 'built: nothing registered',
  'build.failed': ({ failure }) => `build failed: ${failureText(failure)}`,
  'build.cancelled': () => 'build cancelled',
  'request.accepted': ({ operation, principal, artifact }) =>
    `request for ${text(operation)} accepted from ${text(principal)}, pinned to ${digest(artifact)}`,
  'request.mediated': ({ parts, total }) =>
    `split into ${typeof total === 'number' ? total : Array.isArray(parts) ? parts.length : '?'} part(s)`,
  'request.cancelling': ({ by }) => `cancel asked by ${text(by)}`,
  'request.joining': () => 'all parts have ended: joining',
  'request.succeeded': ({ files }) => `succeeded with ${Array.isArray(files) ? files.length : 0} result file(s)`,
  'request.nothing-to-do': () => 'nothing to do',
  'request.failed': ({ failure }) => `failed: ${failureText(failure)}`,
  'request.cancelled': () => 'cancelled',
  'part.parked': ({ key }) => `${text(key)} parked at the gate`,
  'part.waiting': ({ dimension, limit, inUse, ahead, reason }) =>
    reason !== undefined
      ? `waits with its slot for ${text(dimension)}: ${text(reason)}`
      : `waits: ${text(dimension)} has ${amountText(dimension, inUse)} of ${amountText(dimension, limit)} in use, ${text(ahead)} ahead`,
  'part.granted': ({ waitedMs }) => `granted after ${formatDuration(Number(waitedMs ?? 0))}`,
  'part.submitting': ({ attempt, token }) => `submitting, attempt ${text(attempt)}, token ${text(token).slice(0, 12)}…`,
  'part.running': ({ runId, runPageUrl }) => `run ${text(runId)} ${text(runPageUrl)}`.trimEnd(),
  'part.progress': ({ step, percent, message }) =>
    [percent === undefined ? `step ${text(step)}` : `${text(percent)} %`, text(message)].filter(Boolean).join('  '),
  'part.cancelling': () => 'cancelling, until the workspace says it has ended',
  'part.retrying': ({ attempt, failure }) => `next attempt ${text(attempt)} after: ${failureText(failure)}`,
  'part.unknown': ({ failure }) => `a person must decide, the slot is kept: ${failureText(failure)}`,
  'part.ended': ({ state, runMs, failure, log }) =>
    `${text(state)} after ${formatDuration(Number(runMs ?? 0))}${failure === undefined || failure === null ? '' : `: ${failureText(failure)}`}${log === undefined || log === null ? '' : `, driver log ${digest(log)}`}`,
  'delivery.sent': ({ url, status }) => `told ${text(url)}: ${text(status)}`,
  'delivery.failed': ({ url, failure }) => `could not tell ${text(url)}: ${failureText(failure)}`,
  'request.retried': ({ by, parts }) => `run again by ${text(by)}: ${Array.isArray(parts) ? parts.length : 0} parts`,
  'gate.closed': ({ dimension, cause, by, reason }) =>
    `gate ${text(dimension)} closed (${text(cause)}) by ${text(by)}: ${text(reason)}`,
  'gate.opened': ({ dimension, cause, by }) => `gate ${text(dimension)} opened (${text(cause)}) by ${text(by)}`,
  'gate.drained': ({ dimension }) => `gate ${text(dimension)} drained: nothing runs on it`,
  'gate.drift': ({ dimension, of, counted, actual }) =>
    `gate ${text(dimension)}: ${text(of)} was counted as ${text(counted)} and is ${text(actual)}: corrected`,
  'gate.foreign': ({ workspace, count }) => `${text(count)} runs of others in workspace ${text(workspace)}`,
  'gate.month': ({ dimension, month, spent }) =>
    `budget ${text(dimension)}: ${amountText(dimension, spent)} spent in ${text(month)}`,
  'gate.limit': ({ dimension, limit, by, reason }) =>
    `limit of ${text(dimension)} set to ${amountText(dimension, limit)} by ${text(by)}: ${text(reason)}`,
  'cluster.wanted': ({ cluster, pool }) => `cluster ${text(cluster)} of pool ${text(pool)} is wanted`,
  'cluster.starting': ({ cluster, clusterId }) => `cluster ${text(cluster)} starts as ${text(clusterId)}`,
  'cluster.ready': ({ cluster, clusterId }) => `cluster ${text(cluster)} (${text(clusterId)}) takes parts`,
  'cluster.ending': ({ cluster, reason }) => `cluster ${text(cluster)} ends: ${text(reason)}`,
  'cluster.ended': ({ cluster, reason }) => `cluster ${text(cluster)} has ended: ${text(reason)}`,
  'cluster.swept': ({ workspace, clusterId }) =>
    `cluster ${text(clusterId)} of workspace ${text(workspace)} had no owner and was ended`,
  'event.unreadable': ({ reason }) => `an entry of the stream could not be read: ${text(reason)}`,
  'result.expired': ({ files }) => `its retention is over: ${text(files)} files deleted`,
  'pipeline.applied': ({ revision, by }) => `pipeline revision ${text(revision)} by ${text(by)}`,
  'pipeline.promoted': ({ target, artifact, by }) => `${digest(artifact)} promoted to ${text(target)} by ${text(by)}`,
  'pipeline.rolled-back': ({ target, to, by }) => `${text(target)} back to ${digest(to)} by ${text(by)}`,
};

export function renderEvent(event: EventView, style: Style): string {
  const line = lines[event.type as EventType] as ((data: Data) => string) | undefined;
  const who = event.subject.part ?? event.subject.request ?? event.subject.build ?? event.subject.pipeline ?? '';
  const words = line === undefined ? facts(event.data) : line(event.data);
  return `${style.dim(style.time(event.at))}  ${event.type.padEnd(20)} ${style.dim(tail(who).padEnd(10))} ${words}`;
}

/** The end of an id tells two of a kind apart; the whole would fill the line. */
function tail(id: string): string {
  return id.length > 10 ? `…${id.slice(-9)}` : id;
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function amountText(dimension: unknown, value: unknown): string {
  return typeof value === 'number' ? amount(text(dimension), value) : text(value);
}

function short(commit: unknown): string {
  return text(commit).slice(0, 10);
}

function digest(value: unknown): string {
  return text(value).replace(/^(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…');
}

/** What a stage found, as far as it says something to a person; the rest is in --json. */
function findings(found: Data): string {
  const set = found['set'] as
    { digest: string; primary: { name: string; size: number }; companions: unknown[] } | undefined;
  const tests = found['tests'] as { passed: number; failed: number } | undefined;
  return [
    found['commit'] === undefined ? undefined : `commit ${short(found['commit'])}`,
    found['plugin'] === undefined || found['evidence'] === undefined
      ? undefined
      : `${text(found['plugin'])} (${(found['evidence'] as string[]).join(', ')})`,
    tests === undefined ? undefined : `${tests.passed} tests passed, ${tests.failed} failed`,
    set === undefined
      ? undefined
      : `${set.primary.name} ${formatBytes(set.primary.size)}, ${set.companions.length} companion(s), artifact ${digest(set.digest)}`,
    found['published'] === undefined
      ? undefined
      : Object.values(found['published'] as Record<string, string>)
          .map(digest)
          .join(' '),
    found['provenance'] === undefined ? undefined : 'provenance signed',
  ]
    .filter((words) => words !== undefined)
    .join(', ');
}

function facts(found: Data): string {
  return Object.entries(found)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : digest(value)}`)
    .join(' ');
}

function failureText(failure: unknown): string {
  const { code, message } = (failure ?? {}) as { code?: string; message?: string };
  return code === undefined ? text(failure) : `${text(message)} (${code})`;
}
