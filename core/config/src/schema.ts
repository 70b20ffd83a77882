import { Budgets, BytesText, EmailAddress, GateLimits, Json, Name, Policy } from '@slowlane/contracts';
import { z } from 'zod';

/** A workspace jobs are registered with: the local one that `slowlane up` starts, or a Databricks workspace. */
export const WorkspaceSettings = z.union([
  z.strictObject({
    kind: z.literal('local'),
    port: z.int().min(0).max(65_535).default(7_071),
    memory: BytesText.default('3g'),
    max_active_runs: z.int().min(1).default(4),
    /** Quotas and rates of a real workspace, for clients that must live with them; what is left out is not limited. */
    limits: z
      .strictObject({
        saved_jobs: z.int().min(0).optional(),
        jobs_created_per_hour: z.int().min(0).optional(),
        /** By route, without the version: `"POST /jobs/run-now": 20`. */
        calls_per_second: z
          .record(z.string().max(300), z.number().gt(0).max(100_000))
          .refine((rates) => Object.keys(rates).every((route) => /^[A-Z]+ \/\S*$/.test(route)), {
            message: 'must have routes as names: "METHOD /path", without the version',
          })
          .optional(),
        run_job_tasks: z.int().min(0).optional(),
      })
      .default({}),
    /** Hosts (`host` or `host:port`) that webhook notifications of runs may go to besides this machine. */
    notification_hosts: z.array(z.string().min(1).max(300)).max(100).default([]),
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

/**
 * A declared kind of compute: settings of the job cluster (`new_cluster` of the Jobs API, without spark_version), or serverless; and how its
 * warm clusters live, for jobs that say `compute: { reuse: true }`.
 */
export const PoolSettings = z
  .object({
    /** `serverless`: the workspace chooses the compute; for wheels and Python only. */
    kind: z.enum(['clusters', 'serverless']).optional(),
    /** Money per hour of one cluster: what estimates, costs and budgets are made from. */
    price_per_hour: z.number().min(0).optional(),
    /** What the pool's warm clusters may cost together. */
    max_price_per_hour: z.number().min(0).optional(),
    /** Warm clusters that stay although they are idle, until their lease ends. */
    min: z.int().min(0).max(1_000).optional(),
    max: z.int().min(1).max(1_000).optional(),
    idle_minutes: z.number().gt(0).max(10_000).optional(),
    /** A cluster takes no new part after it, and ends when its parts have ended. */
    lease_hours: z.number().gt(0).max(720).optional(),
    /** A cluster that is not ready by then is given up. */
    start_minutes: z.number().gt(0).max(600).optional(),
    parts_per_cluster: z.int().min(1).max(100).optional(),
    /** Tried in turn when clusters do not start. */
    node_types: z.array(z.string().min(1).max(200)).max(20).optional(),
  })
  .catchall(Json);
export type PoolSettings = z.infer<typeof PoolSettings>;

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

/** Where a registry is, and the environment variables with what it asks for: user and password, or a token. */
export const RegistrySettings = z.union([
  z.url(),
  z
    .strictObject({
      url: z.url(),
      username_env: z.string().min(1).optional(),
      password_env: z.string().min(1).optional(),
      token_env: z.string().min(1).optional(),
    })
    .refine(
      ({ username_env: user, password_env: password, token_env: token }) =>
        (user === undefined) === (password === undefined) && (token === undefined || user === undefined),
      'username_env together with password_env, or token_env alone',
    ),
]);
export type RegistrySettings = z.infer<typeof RegistrySettings>;

/** Git hosts that need a token, or are inside the network: a repository's address, or the beginning of several with a star at its end. */
export const SourceSettings = z
  .strictObject({
    match: z
      .string()
      .regex(
        /^(?:https:\/\/|ssh:\/\/[A-Za-z0-9_][A-Za-z0-9._-]*@)[A-Za-z0-9.-]+(?::[0-9]{1,5})?\/(?:[A-Za-z0-9._~/-]*\/)?(?:\*|[A-Za-z0-9._~-]+)$/,
        'https://host/team/repository.git, https://host/team/* or ssh://git@host/team/*',
      ),
    /** Environment variable with the token; it is added behind the gateway, where neither git nor a build can see it. */
    token_env: z.string().min(1).optional(),
    /** Name that goes with the token in Basic authentication; most hosts take any. */
    user: z
      .string()
      .regex(/^[^:\s]{1,200}$/)
      .default('x-access-token'),
    scheme: z.enum(['basic', 'bearer']).default('basic'),
    /** ssh: environment variable with the deploy key (the text of its file, without a passphrase); it is seen by the sandbox that fetches, and by nothing else. */
    key_env: z.string().min(1).optional(),
    /** ssh: the keys that the host must have, `ssh-ed25519 AAAA…`; a host with another one is not spoken to. */
    host_keys: z
      .array(
        z.string().regex(/^[a-z0-9@.-]{3,64} [A-Za-z0-9+/]{20,2000}={0,2}$/, 'ssh-ed25519 AAAA…, without a host name'),
      )
      .min(1)
      .max(20)
      .optional(),
  })
  .refine(
    ({ match, token_env: token, key_env: key, host_keys: hostKeys }) =>
      match.startsWith('ssh:')
        ? token === undefined && key !== undefined && hostKeys !== undefined
        : key === undefined && hostKeys === undefined,
    'ssh: key_env together with host_keys; https: token_env',
  );
export type SourceSettings = z.infer<typeof SourceSettings>;

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
  registries: z.record(Name, RegistrySettings).default({}),
  sources: z.array(SourceSettings).max(200).default([]),
  /** CA bundle (PEM) that is trusted besides the system's: for companies that inspect TLS. */
  ca_bundle: z.string().optional(),
  workspaces: z.record(Name, WorkspaceSettings).prefault({ local: { kind: 'local' } }),
  pools: z.record(Name, PoolSettings).default({ default: { num_workers: 0, node_type_id: 'local' } }),
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
      /** How long a service that was asked to end says that it is not ready, and still answers: until load balancers have noticed. */
      drain_seconds: z.number().min(0).max(600).default(0),
      /** Events that may wait for the archiver, those of the last minute included. */
      stream_events: z.int().min(1_000).default(900_000),
    })
    .prefault({}),
  /** What Sigstore bundles of prebuilt JARs are verified by: a `trusted_root.json`, relative to this file. Nothing of it is fetched. */
  sigstore: z.strictObject({ trusted_root: z.string().min(1) }).optional(),
  policy: Policy.prefault({}),
  gates: GateLimits.default({ '*': 100, 'pool:default': 4 }),
  /** Money per month of tenants and pipelines; what a run costs comes from `price_per_hour` of its pool. */
  budgets: Budgets.default({}),
  /** Catalog and schema whose volumes `artifacts` and `results` Slow Lane writes to. */
  volumes: z
    .string()
    .regex(/^\/Volumes\/[^/]+\/[^/]+$/)
    .default('/Volumes/main/slowlane'),
  /** Most that is kept of one driver log. Whole logs need `cluster_log_conf: { volumes: … }` in the pool; without it the workspace gives their end. */
  driver_log: BytesText.default('32m'),
  builders: z.int().min(1).max(64).default(2),
  /** What holds builds and runs: namespaces of this machine, or containers of an engine on it, whose socket the helper alone opens. */
  sandbox: z
    .strictObject({
      driver: z.enum(['bubblewrap', 'docker', 'podman']).default('bubblewrap'),
      /** Socket of the engine; default /var/run/docker.sock or /run/podman/podman.sock. */
      socket: z.string().startsWith('/').optional(),
      /** Root file system of builds and runs: this machine's own, or one made from Debian packages by `slowlane toolchain pin`. */
      root: z.enum(['host', 'pinned']).default('host'),
      /** Debian packages of the pinned one; default what the languages that ship build with. */
      packages: z
        .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/))
        .min(1)
        .optional(),
      /** What must hold. `rootless` needs no root's rights and holds less (docs/sandbox.md): it is never chosen by itself. */
      tier: z.enum(['full', 'rootless']).default('full'),
    })
    .prefault({}),
  /** Language plugins besides those that ship: folders (`./plugin-go`, relative to this file) or npm packages installed beside it. */
  plugins: z.array(z.string().min(1)).default([]),
  /** Tools that builds see as `/opt/NAME`, besides those that are found by themselves; `version`: default what the file VERSION in the folder says. */
  toolchains: z
    .record(Name, z.strictObject({ home: z.string().startsWith('/'), version: z.string().optional() }))
    .default({}),
});
export type SlowLaneYaml = z.infer<typeof SlowLaneYaml>;
