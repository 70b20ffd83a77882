import { z } from 'zod';
import { Timestamp } from './common.ts';
import { GateClosureView, GateUnit } from './rest.ts';

/** Highest limit by hand of what counts places. */
export const mostPlaces = 1_000_000;
/** Of a budget; the gate's own scripts take 1e15 for "unlimited". */
const MOST_MICROS = 999_999_999_999_999;

/** GET /v1/gates, and what every call that changes one answers with. */
export const GateList = z.object({
  gates: z.array(
    z.object({
      dimension: z.string(),
      unit: GateUnit.optional(),
      limit: z.int().nullable(),
      declared: z.int().nullable(),
      byHand: z.object({ limit: z.int(), by: z.string(), reason: z.string(), at: Timestamp }).optional(),
      inUse: z.int(),
      waiting: z.int(),
      /** By others than our parts: foreign runs, money of the month, calls of the last hour. */
      taken: z.number().optional(),
      closed: z.array(GateClosureView).optional(),
      windows: z.array(z.string()).optional(),
      changesAt: z.number().optional(),
    }),
  ),
});
export type GateList = z.infer<typeof GateList>;
/** PUT /v1/gates/{dimension}; which of the two maxima holds, the dimension decides. */
export const SetGate = z.strictObject({
  limit: z
    .int()
    .min(0)
    .max(MOST_MICROS)
    .describe(
      `Places, at most ${mostPlaces}; of a budget (bud:NAME) money of the month in millionths of the currency of the price table: 250.50 is 250500000.`,
    ),
  reason: z.string().min(1).max(500),
});
export type SetGate = z.infer<typeof SetGate>;
/** POST /v1/gates/{dimension}/pause; `until` in epoch ms, `drain` tells (`gate.drained`) when nothing runs there any more. */
export const PauseGate = z.strictObject({
  reason: z.string().min(1).max(500),
  until: Timestamp.optional(),
  drain: z.boolean().optional(),
});
export type PauseGate = z.infer<typeof PauseGate>;
/** PUT /v1/gates/{dimension}/busy; `until` in epoch ms. */
export const MarkBusy = z.strictObject({ reason: z.string().min(1).max(500), until: Timestamp.optional() });
export type MarkBusy = z.infer<typeof MarkBusy>;
/** PUT /v1/metrics/{name} */
export const MetricName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'lower-case letters, digits, ".", "_" and "-"');
export const PostMetric = z.strictObject({ value: z.number() });
export type PostMetric = z.infer<typeof PostMetric>;
/** POST /v1/gates/{dimension}/release */
export const ReleaseGate = z.strictObject({ reason: z.string().min(1).max(500) });
export type ReleaseGate = z.infer<typeof ReleaseGate>;
