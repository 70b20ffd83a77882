import { type PipelineFile, type Policy, SlowLaneError } from '@slowlane/contracts';
import { parseBytes, parseDuration } from '@slowlane/kit';
import { ownedSettings } from './raw-settings.ts';

/** One claim above its bound. */
interface Excess {
  claim: string;
  value: string;
  bound: string;
}

/**
 * Holds what a pipeline file claims against what the platform allows its authors. Throws `pipeline.policy` naming every claim that is too
 * high, its value and the bound; `data.claims` has the same as data.
 */
export function checkPolicy(file: PipelineFile, policy: Policy): void {
  const excesses = [
    ...numbers(file, policy),
    ...quantities(file, policy),
    ...names(file, policy),
    ...callbacks(file, policy),
    ...rawSettings(file),
  ];
  if (excesses.length === 0) return;
  const lines = excesses.map(({ claim, value, bound }) => `${claim} is ${value}; the policy allows ${bound}`);
  throw new SlowLaneError('pipeline.policy', `pipeline "${file.pipeline}": ${lines.join('\n')}`, {
    data: { pipeline: file.pipeline, claims: excesses },
  });
}

function numbers(file: PipelineFile, policy: Policy): Excess[] {
  const { gates } = file.operation;
  const weights = Object.entries(gates.resources).map(([name, weight]) => ({
    claim: `operation.gates.resources.${name}`,
    value: weight,
    most: policy.weight,
  }));
  const bounded = [
    { claim: 'operation.gates.concurrency', value: gates.concurrency ?? 0, most: policy.concurrency },
    { claim: 'operation.gates.weight', value: gates.weight, most: policy.weight },
    { claim: 'job.retries', value: file.job.retries, most: policy.retries },
    ...weights,
  ]
    .filter(({ value, most }) => value > most)
    .map(({ claim, value, most }) => ({ claim, value: String(value), bound: `at most ${most}` }));
  if (gates.priority >= policy.priority) return bounded;
  const urgent = {
    claim: 'operation.gates.priority',
    value: String(gates.priority),
    bound: `${policy.priority} or more`,
  };
  return [...bounded, urgent];
}

function quantities(file: PipelineFile, policy: Policy): Excess[] {
  const claims = [
    { claim: 'build.timeout', value: file.build.timeout, most: policy.build_timeout, read: parseDuration },
    ...(file.build.idle === undefined
      ? []
      : [{ claim: 'build.idle', value: file.build.idle, most: policy.build_idle, read: parseDuration }]),
    { claim: 'build.memory', value: file.build.memory, most: policy.build_memory, read: parseBytes },
    { claim: 'job.timeout', value: file.job.timeout, most: policy.job_timeout, read: parseDuration },
    { claim: 'job.memory', value: file.job.memory, most: policy.job_memory, read: parseBytes },
  ];
  return claims
    .filter(({ value, most, read }) => read(value) > read(most))
    .map(({ claim, value, most }) => ({ claim, value, bound: `at most ${most}` }));
}

function names(file: PipelineFile, policy: Policy): Excess[] {
  const outside = (claim: string, values: readonly string[], allowed: readonly string[]): Excess[] =>
    values
      .filter((value) => !allowed.includes(value))
      .map((value) => ({ claim, value: `"${value}"`, bound: allowed.length === 0 ? 'none' : allowed.join(', ') }));
  const runAs = file.job.run_as === undefined ? [] : [file.job.run_as];
  const targets = Object.entries(file.targets);
  return [
    ...outside('build.egress', file.build.egress ?? [], policy.egress),
    ...outside('build.connect', file.build.connect ?? [], policy.connect),
    ...targets.flatMap(([name, target]) => outside(`targets.${name}.workspace`, [target.workspace], policy.workspaces)),
    ...outside('job.compute.pool', [file.job.compute.pool], policy.pools),
    ...outside('job.run_as', runAs, policy.run_as),
  ];
}

function callbacks(file: PipelineFile, policy: Policy): Excess[] {
  const bound = policy.callbacks.length === 0 ? 'none' : policy.callbacks.join(', ');
  return file.operation.notify
    .flatMap((target) => ('webhook' in target ? [new URL(target.webhook)] : []))
    .filter((url) => !policy.callbacks.includes(url.host) && !policy.callbacks.includes(url.hostname))
    .map((url) => ({ claim: 'operation.notify.webhook', value: `"${url.host}"`, bound }));
}

function rawSettings(file: PipelineFile): Excess[] {
  return Object.keys(file.job.databricks)
    .filter((key) => Object.hasOwn(ownedSettings, key))
    .map((key) => ({
      claim: `job.databricks.${key}`,
      value: 'set',
      bound: `it to be said by ${ownedSettings[key]} only`,
    }));
}
