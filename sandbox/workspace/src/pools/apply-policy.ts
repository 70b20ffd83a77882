import { invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { fromPolicyForm, toPolicyForm } from './log-conf-form.ts';
import { PolicyDefinition, type Rule } from './schema.ts';

type Value = string | number | boolean;

/** The rules of a policy's text; 400 when it is no JSON or holds a rule that does not exist. */
export function readDefinition(text: string | undefined): Record<string, Rule> {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch (error) {
    throw invalidParameter(`The policy definition is not JSON: ${(error as Error).message}`);
  }
  return parseInput(PolicyDefinition, value);
}

/**
 * A cluster's settings under a policy: `fixed` values stand, defaults are filled in (only where asked for), everything else is checked.
 * Rules are about simple attributes, by paths like `autoscale.max_workers` and `spark_conf.spark.sql.shuffle.partitions`.
 *
 * @see https://docs.databricks.com/admin/clusters/policy-definition.html
 */
export function applyPolicy<T extends Record<string, unknown>>(
  given: T,
  rules: Record<string, Rule>,
  withDefaults: boolean,
): T {
  const spec = structuredClone(given) as Record<string, unknown>;
  setOrRemove(spec, 'cluster_log_conf', toPolicyForm(spec['cluster_log_conf']));
  for (const [path, rule] of Object.entries(rules)) {
    const value = read(spec, path);
    if (rule.type === 'fixed') {
      if (value !== undefined && value !== rule.value) throw refused(path, value, `must be ${String(rule.value)}`);
      write(spec, path, rule.value);
    } else if (value === undefined) {
      const fallback = 'defaultValue' in rule ? (rule.defaultValue as Value | undefined) : undefined;
      if (fallback !== undefined && withDefaults) write(spec, path, fallback);
    } else check(path, value, rule);
  }
  setOrRemove(spec, 'cluster_log_conf', fromPolicyForm(spec['cluster_log_conf']));
  return spec as T;
}

function setOrRemove(spec: Record<string, unknown>, field: string, value: unknown): void {
  if (value === undefined) delete spec[field];
  else spec[field] = value;
}

function check(path: string, value: Value, rule: Rule): void {
  switch (rule.type) {
    case 'forbidden':
      throw refused(path, value, 'must not be set');
    case 'allowlist':
      if (!rule.values.includes(value)) throw refused(path, value, `must be one of ${rule.values.join(', ')}`);
      return;
    case 'blocklist':
      if (rule.values.includes(value)) throw refused(path, value, `must be none of ${rule.values.join(', ')}`);
      return;
    case 'regex':
      if (!fullMatch(rule.pattern, String(value))) throw refused(path, value, `must match ${rule.pattern}`);
      return;
    case 'range': {
      const number = Number(value);
      const isIn = number >= (rule.minValue ?? -Infinity) && number <= (rule.maxValue ?? Infinity);
      if (!isIn) throw refused(path, value, `must be between ${rule.minValue ?? '…'} and ${rule.maxValue ?? '…'}`);
    }
  }
}

function fullMatch(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(value.slice(0, 1_000));
  } catch {
    return false;
  }
}

function refused(path: string, value: Value, rule: string): Error {
  return invalidParameter(
    `Validation failed for ${path} by the cluster policy: it is '${String(value)}', but ${rule}.`,
  );
}

/** What follows `spark_conf.`, `spark_env_vars.` and `custom_tags.` is one key, dots and all. */
function split(path: string): [string, string | undefined] {
  const dot = path.indexOf('.');
  return dot < 0 ? [path, undefined] : [path.slice(0, dot), path.slice(dot + 1)];
}

function read(spec: Record<string, unknown>, path: string): Value | undefined {
  const [field, key] = split(path);
  const value = key === undefined ? spec[field] : (spec[field] as Record<string, unknown> | undefined)?.[key];
  return value as Value | undefined;
}

function write(spec: Record<string, unknown>, path: string, value: Value): void {
  const [field, key] = split(path);
  if (key === undefined) spec[field] = value;
  else spec[field] = { ...(spec[field] as Record<string, unknown> | undefined), [key]: value };
}
