import { z } from 'zod';
import { Name } from './common.ts';
import { BlackoutDates, BytesText, DurationText, GateMetric, GateWindow } from './pipeline-file.ts';

/** How a prebuilt JAR can be trusted, the strongest first. */
export const trustKinds = ['pinned', 'signed', 'first-sight'] as const;
export type TrustKind = (typeof trustKinds)[number];

/** What pipeline authors may claim at most: the `policy:` part of slowlane.yaml. A claim above it is refused when the pipeline is applied. */
export const Policy = z.strictObject({
  concurrency: z.int().min(1).default(10),
  weight: z.int().min(1).default(10),
  /** Lowest number (= most urgent) an author may choose. */
  priority: z.int().min(0).max(9).default(0),
  /** Most parts of one request. They come to the gate in steps of 1,000. */
  parts: z.int().min(1).max(10_000).default(1_000),
  build_timeout: DurationText.default('1h'),
  /** Longest silence of a build step that an author may allow. */
  build_idle: DurationText.default('1h'),
  build_memory: BytesText.default('6g'),
  job_timeout: DurationText.default('24h'),
  job_memory: BytesText.default('8g'),
  retries: z.int().min(0).default(3),
  egress: z.array(Name).default(['maven', 'pypi', 'cran', 'gradle-dist', 'gradle-plugins']),
  /**
   * Hosts that prebuilt JARs may be downloaded from, by the registry `web`: `host` or `host:port` over https; `http://host:port` is called
   * without TLS. Names must lead to public addresses; an inner one is allowed only where it is written as digits.
   */
  downloads: z.array(z.string().regex(/^(?:http:\/\/)?[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$/)).default([]),
  /**
   * Least trust in a prebuilt JAR: `pinned`, its project names the digest; `signed`, also an OpenPGP signature or a Sigstore bundle that was checked;
   * `first-sight`, also what was served first.
   */
  prebuilt: z.enum(trustKinds).default('first-sight'),
  /**
   * Hosts that builds may reach by TLS past all registries, where their pipeline asks for it (`build.connect`): `host` or `host:port`. What comes
   * from there is not verified. Names must lead to public addresses; an inner one is allowed only where it is written as digits.
   */
  connect: z.array(z.string().regex(/^[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$/)).default([]),
  workspaces: z.array(Name).default(['local']),
  pools: z.array(Name).default(['default']),
  run_as: z.array(z.string()).default([]),
  /** Hosts that callbacks and webhooks may go to, `host` or `host:port`; loopback only when named here. */
  callbacks: z.array(z.string()).default([]),
  /** Hosts that `enrich` may ask, in the same form. */
  lookups: z.array(z.string()).default([]),
  /** Domains that `notify` may send mail to; `*` = any. */
  mail_domains: z.array(z.string()).default([]),
});
export type Policy = z.infer<typeof Policy>;

/** A limit with the times in which it stands, as the platform writes it. */
export const GateRuleSettings = z.strictObject({
  limit: z.int().min(0).optional(),
  window: z.union([GateWindow, z.array(GateWindow).min(1).max(20)]).optional(),
  blackout: z.array(BlackoutDates).max(100).default([]),
  metric: GateMetric.optional(),
});
export type GateRuleSettings = z.infer<typeof GateRuleSettings>;

/**
 * Limits of gate dimensions that the platform sets: `*` (global), `pool:<name>`, `ws:<name>`, `res:<name>`, `tn:<tenant>`,
 * `quota:<workspace>:tasks`, `quota:<workspace>:runs-per-hour`; a number, or a limit with windows, blackout dates and a metric.
 */
export const GateLimits = z.record(
  z.string().regex(/^(\*|(pool|ws|res):[a-z0-9._-]+|tn:[A-Za-z0-9._@-]+|quota:[a-z0-9._-]+:[a-z0-9-]+)$/),
  z.union([z.int().min(0), GateRuleSettings]),
);
export type GateLimits = z.infer<typeof GateLimits>;

/** Money per calendar month (UTC) of a tenant or pipeline, in the currency of the price table; needs `price_per_hour` of the pools. */
export const Budgets = z.record(
  z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/),
  z.strictObject({
    per_month: z.number().min(0).max(1e9),
    /** What happens to requests beyond it: wait for the next month (or a raise), or a refusal. */
    then: z.enum(['postpone', 'refuse']).default('postpone'),
  }),
);
export type Budgets = z.infer<typeof Budgets>;
