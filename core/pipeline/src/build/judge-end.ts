import { type PlanStep, type SandboxEnd, type SandboxLimits, SlowLaneError } from '@slowlane/contracts';
import { formatBytes, formatDuration } from '@slowlane/kit';
import type { LineWatch } from './line-watch.ts';

export interface JudgedStep {
  step: PlanStep;
  end: SandboxEnd;
  watch: Pick<LineWatch, 'code' | 'line' | 'host'>;
  /** What the gateway refused. */
  denied: readonly { path: string; reason: string }[];
  limits: SandboxLimits;
}

/** Why a step has failed, as its author should hear it; `undefined` when it ended well. */
export function judgeEnd(judged: JudgedStep): SlowLaneError | undefined {
  const { step, end, limits } = judged;
  const name = `step "${step.name}"`;
  switch (end.reason) {
    case 'exit':
    case 'signal':
      return end.code === 0 ? undefined : failed(judged);
    case 'idle':
      return new SlowLaneError(
        'build.timeout',
        `${name} was ended: it wrote nothing for ${formatDuration(limits.idleMs ?? limits.wallMs)} (limit: build.idle)`,
      );
    case 'timeout':
    case 'cancelled':
      return new SlowLaneError(
        'build.timeout',
        `${name} was ended: the build may take ${formatDuration(limits.wallMs)}`,
      );
    case 'oom':
      return new SlowLaneError(
        'build.out-of-memory',
        `${name} needed more than ${formatBytes(limits.memoryBytes)} of memory (limit: build.memory)`,
      );
    case 'pids':
      return limit(`${name} started more than ${limits.pids} processes and threads`);
    case 'disk':
      return limit(
        `${name} filled the ${formatBytes(limits.workBytes)} of disk (or ${limits.workInodes} files) of a build`,
      );
    case 'output':
      return limit(`${name} wrote more than ${formatBytes(limits.outputBytes)} of output`);
    case 'driver-lost':
      return new SlowLaneError('sandbox.unavailable', `the sandbox of ${name} was lost`);
  }
}

function failed({ step, end, watch, denied }: JudgedStep): SlowLaneError {
  const how = end.reason === 'signal' ? `was killed by ${end.signal}` : `ended with code ${end.code}`;
  const name = `step "${step.name}" ${how}`;
  const refusal = watch.code === 'build.tests-failed' ? undefined : refusalOf(name, denied);
  if (refusal !== undefined) return refusal;
  if (watch.code !== undefined) return new SlowLaneError(watch.code, `${name}: ${watch.line?.trim()}`);
  if (watch.host !== undefined) {
    return new SlowLaneError(
      'build.egress-denied',
      `${name}: it asked for the host ${watch.host}; a build reaches the dependency gateway only`,
      {
        data: { host: watch.host },
      },
    );
  }
  return new SlowLaneError('build.failed', name);
}

/** Reasons begin with the gateway's own code: a registry that is down is nobody's fault here, and worth another try. */
function refusalOf(name: string, denied: JudgedStep['denied']): SlowLaneError | undefined {
  for (const code of ['gateway.mismatch', 'gateway.upstream'] as const) {
    const failed = denied.find(({ reason }) => reason.startsWith(`${code}:`));
    if (failed !== undefined)
      return new SlowLaneError(code, `${name}: ${failed.path}: ${failed.reason.slice(code.length + 2)}`);
  }
  const [first] = denied;
  if (first === undefined) return undefined;
  return new SlowLaneError('build.egress-denied', `${name}: the gateway refused ${first.path}: ${first.reason}`, {
    data: { denied: denied.slice(0, 20) },
  });
}

function limit(message: string): SlowLaneError {
  return new SlowLaneError('build.limit', message);
}
