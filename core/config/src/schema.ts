import { Budgets, BytesText, EmailAddress, GateLimits, JsonObject, Name, Policy } from '@slowlane/contracts';
import { z } from 'zod';

/** A workspace jobs are registered with: the local one that `slowlane up` starts, or a Databricks workspace. */
export const WorkspaceSettings = z.union([
  z.strictObject({
    kind: z.literal('local'),
    port: z.int().min(0).max(65_535).default(7_071),
    memory: BytesText.default('3g'),
    max_active_runs: z.int().min(1).default(4),
  }),
  z.strictObject({
    kind: z.literal('databricks'),
    host: z.url(),
    /** Names of environment variables, never the secrets themselves. */
    token_env: z.string().optional(),
    client_id_env: z.string().optional(),
    client_secret_env: z.string().optional(),
  }),
]);

export type WorkspaceSettings = z.infer<typeof WorkspaceSettings>;

/** An OpenID provider; `issuer` word for word as in its tokens. */
export const OidcSettings = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ }),
  /** Only tokens made for this audience are taken. */
  audience: z.string().min(1),
  /** Claim that names the caller. */
  principal_claim: z.string().min(1).default('sub'),
  /** Claim with scopes or roles: a text with spaces, or a list. */
  scopes_claim: z.string().min(1).default('scope'),
  /** Value of that claim -> scopes of Slow Lane. Without it, values like `slowlane:request:daily-sales` count. */
  roles: z.record(z.string(), z.array(z.string())).default({}),
});
export type OidcSettings = z.infer<typeof OidcSettings>;

/** `slowlane.yaml`: strict, every key optional. */
export const SlowLaneYaml = z.strictObject({
  listen: z
    .strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535).default(7_070) })
    .prefault({}),
  /** How clients reach the endpoint, where that is not the listen address (a proxy in front). */
  public_url: z.url().optional(),
  /** An external Redis; without it Slow Lane runs its own. */
  redis: z.strictObject({ url: z.string() }).optional(),
  /** A Postgres database for the read model, instead of a SQLite file: for several nodes. `url_env` names the variable with its URL. */
  ledger: z.strictObject({ postgres: z.strictObject({ url_env: z.string().min(1) }) }).optional(),
  /** Registries behind the dependency gateway; without an entry the address is learned from the tool's own configuration. */
  registries: z.record(Name, z.url()).default({}),
  /** CA bundle (PEM) that is trusted besides the system's: for companies that inspect TLS. */
  ca_bundle: z.string().optional(),
  workspaces: z.record(Name, WorkspaceSettings).prefault({ local: { kind: 'local' } }),
  /** Declared kinds of compute: settings of the job cluster (`new_cluster` of the Jobs API, without spark_version). */
  pools: z.record(Name, JsonObject).default({ default: { num_workers: 0, node_type_id: 'local' } }),
  /** Mail server for `notify: [{ email }]`. */
  mail: z
    .strictObject({
      host: z.string().min(1),
      port: z.int().min(1).max(65_535).default(587),
      /** `none` sends in the clear: only for a server on a trusted network. */
      security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
      from: EmailAddress,
      user: z.string().optional(),
      /** Name of the environment variable that holds the password. */
      password_env: z.string().optional(),
    })
    .optional(),
  /** OpenID providers whose access tokens are taken besides our own. */
  oidc: z.array(OidcSettings).max(20).default([]),
  /** What one endpoint takes before it answers 429 or 503 with Retry-After. */
  endpoint: z
    .strictObject({
      /** Per caller and endpoint process. */
      calls_per_minute: z.int().min(1).default(12_000),
      burst: z.int().min(1).default(2_000),
      /** Parts of one operation that may wait at the gate. */
      waiting_parts: z.int().min(1).default(200_000),
      /** Share of Redis' maxmemory. */
      redis_memory: z.number().gt(0).max(1).default(0.9),
      /** Events that may wait for the archiver, those of the last minute included. */
      stream_events: z.int().min(1_000).default(900_000),
    })
    .prefault({}),
  policy: Policy.prefault({}),
  gates: GateLimits.default({ '*': 100, 'pool:default': 4 }),
  /** Money per month of tenants and pipelines; what a run costs comes from `price_per_hour` of its pool. */
  budgets: Budgets.default({}),
  /** Catalog and schema whose volumes `artifacts` and `results` Slow Lane writes to. */
  volumes: z
    .string()
    .regex(/^\/Volumes\/[^/]+\/[^/]+$/)
    .default('/Volumes/main/slowlane'),
  builders: z.int().min(1).max(64).default(2),
  /** Language plugins besides those that ship: folders with a contract-1 plugin. */
  plugins: z.array(z.string()).default([]),
});
export type SlowLaneYaml = z.infer<typeof SlowLaneYaml>;
