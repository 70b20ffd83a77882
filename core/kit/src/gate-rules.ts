import type { Budgets, GateLimits, GateRule, GateRuleSettings, JsonObject, PipelineFile } from '@slowlane/contracts';
import { parseDuration } from './duration.ts';
import { gateCalendar } from './gate-calendar.ts';

/** Limit and times of a pipeline's operation, as the gate takes them for `op:<name>`. Throws `pipeline.invalid` for times that cannot be. */
export function operationRule(file: PipelineFile): GateRule {
  const { concurrency, window, blackout, metric } = file.operation.gates;
  return ruleOf({ limit: concurrency, window, blackout, metric });
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

/** `price_per_hour` of the pools that have one, and the pools as the Jobs API knows them: without it. */
export function splitPrices(pools: Readonly<Record<string, JsonObject>>): {
  prices: Record<string, number>;
  pools: Record<string, JsonObject>;
} {
  const prices: Record<string, number> = {};
  const plain: Record<string, JsonObject> = {};
  for (const [name, { price_per_hour: price, ...settings }] of Object.entries(pools)) {
    if (typeof price === 'number' && price >= 0) prices[name] = price;
    plain[name] = settings;
  }
  return { prices, pools: plain };
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
