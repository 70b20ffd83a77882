import { z } from 'zod';
import { Name } from './common.ts';
import { BytesText, DurationText } from './pipeline-file.ts';

/** What pipeline authors may claim at most: the `policy:` part of slowlane.yaml. A claim above it is refused when the pipeline is applied. */
export const Policy = z.strictObject({
  concurrency: z.int().min(1).default(10),
  weight: z.int().min(1).default(10),
  /** Lowest number (= most urgent) an author may choose. */
  priority: z.int().min(0).max(9).default(0),
  parts: z.int().min(1).max(1_000).default(100),
  build_timeout: DurationText.default('1h'),
  build_memory: BytesText.default('6g'),
  job_timeout: DurationText.default('24h'),
  job_memory: BytesText.default('8g'),
  retries: z.int().min(0).default(3),
  egress: z.array(Name).default(['maven', 'pypi']),
  workspaces: z.array(Name).default(['local']),
  pools: z.array(Name).default(['default']),
  run_as: z.array(z.string()).default([]),
  /** Hosts that callbacks and webhooks may go to, `host` or `host:port`; loopback only when named here. */
  callbacks: z.array(z.string()).default([]),
});
export type Policy = z.infer<typeof Policy>;

/** Limits of gate dimensions that the platform sets: `*` (global), `pool:<name>`, `ws:<name>`, `res:<name>`. */
export const GateLimits = z.record(z.string().regex(/^(\*|(pool|ws|res):[a-z0-9._-]+)$/), z.int().min(0));
export type GateLimits = z.infer<typeof GateLimits>;
