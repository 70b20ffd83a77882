import { z } from 'zod';

const path = z.string().min(1).max(4_096);
const id = z.string().regex(/^[a-z0-9-]{1,40}$/, 'a-z, 0-9 and "-", 1 to 40 characters');
const Env = z.record(z.string().max(256), z.string().max(262_144));
const count = z.int().positive();

const Mount = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ro'), source: path, target: path }),
  z.strictObject({ kind: z.literal('rw'), source: path, target: path }),
  z.strictObject({ kind: z.literal('tmpfs'), target: path, bytes: count }),
]);

const Root = z.strictObject({
  digest: z.string().max(100),
  binds: z.array(z.strictObject({ source: path, target: path })).max(200),
  symlinks: z.array(z.strictObject({ target: path, path })).max(200),
  files: z.array(z.strictObject({ path, content: z.string().max(262_144) })).max(200),
});

const Limits = z.strictObject({
  // Node's timers end at 2^31 - 1 milliseconds, 24 days.
  wallMs: count.max(2_147_483_647),
  idleMs: count.max(2_147_483_647).optional(),
  memoryBytes: count,
  pids: count,
  cpus: z.number().positive().max(1_024),
  workBytes: count,
  workInodes: count.max(4_294_967_295),
  outputBytes: count,
  tmpBytes: count,
});

export const Spec = z.strictObject({
  id,
  root: Root,
  mounts: z.array(Mount).max(200),
  env: Env,
  limits: Limits,
  work: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('volume'), restore: z.string().min(1).max(1_024).optional() }),
    z.strictObject({ kind: z.literal('none') }),
  ]),
  identity: z.enum(['slot', 'shared-group']),
});

export const Command = z.strictObject({
  argv: z.array(z.string().max(1_048_576)).min(1).max(10_000),
  cwd: path.optional(),
  env: Env.optional(),
  net: z.discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('none') }),
    z.strictObject({ mode: z.literal('gateway'), socketPath: path }),
    z.strictObject({ mode: z.literal('shared'), name: id }),
    z.strictObject({ mode: z.literal('host') }),
  ]),
});

/** What a client may say. A connection holds at most one sandbox. */
export const Call = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('probe'), isQuick: z.boolean().optional() }),
  z.strictObject({ call: z.literal('reap') }),
  z.strictObject({ call: z.literal('create'), spec: Spec }),
  z.strictObject({ call: z.literal('supervise'), spec: Spec, command: Command, recordDir: path }),
  z.strictObject({ call: z.literal('kill'), id, how: z.enum(['term', 'kill']) }),
  z.strictObject({ call: z.literal('isRunning'), id }),
  z.strictObject({ call: z.literal('removeFiles'), folder: path }),
  z.strictObject({ call: z.literal('exec'), command: Command }),
  z.strictObject({ call: z.literal('killAll') }),
  z.strictObject({ call: z.literal('collect'), globs: z.array(z.string().max(1_024)).max(1_000) }),
  z.strictObject({ call: z.literal('snapshot'), key: z.string().min(1).max(1_024) }),
  z.strictObject({ call: z.literal('destroy') }),
]);
export type Call = z.infer<typeof Call>;
