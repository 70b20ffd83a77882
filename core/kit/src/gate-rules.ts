import type { Budgets, GateLimits, GateRule, GateRuleSettings, PipelineFile } from '@slowlane/contracts';
import { parseDuration } from './duration.ts';
import { gateCalendar } from './gate-calendar.ts';

/** Limit and times of a pipeline's operation, as the gate takes them for `op:<name>`. Throws `pipeline.invalid` for times that cannot be. */
export function operationRule(file: PipelineFile): GateRule {
  const { concurrency, window, blackout, metric } = file.operation.gates;
  return ruleOf({ limit: concurrency, window, blackout, metric });
}

/** A budget counts money, in millionths of the price table's currency; every other dimension counts places. */
export function isBudget(dimension: string): boolean {
  return dimension.startsWith('bud:');
}

/** What slowlane.yaml says of the gate: limits with their times, and budgets in millionths of the currency. */
export function platformRules(limits: GateLimits, budgets: Budgets = {}): Record<string, number | GateRule> {
  const rules: Record<string, number | GateRule> = {};
  for (const [dimension, limit] of Object.entries(limits)) {
    rules[dimension] = typeof limit === 'number' ? limit : ruleOf(limit);
  }
  for (const [name, { per_month, then }] of Object.entries(budgets)) {
    rules[`bud:${name}`] = { limit: Math.round(per_month * 1e6), over: then };
  }
  return rules;
}

function ruleOf({ limit, window, blackout, metric }: Loosened<GateRuleSettings>): GateRule {
  const windows = window === undefined ? [] : [window].flat();
  gateCalendar({ windows, blackout });
  return {
    limit,
    windows,
    blackout,
    metric: metric && {
      name: metric.name,
      above: metric.above,
      below: metric.below,
      staleMs: parseDuration(metric.stale),
    },
  };
}

type Loosened<Type> = { [Key in keyof Type]: Type[Key] | undefined };
