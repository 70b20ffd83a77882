import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type ApiToken,
  type BlobStore,
  type BuildCache,
  type CachedBuild,
  type Logger,
  type PipelineRevision,
  type PipelineStore,
  type Registration,
  type RegistrationStore,
  SlowLaneError,
  type TokenStore,
} from '@slowlane/contracts';

export function createMemoryPipelineStore(): PipelineStore {
  const revisions = new Map<string, PipelineRevision[]>();
  return {
    async put(revision) {
      const known = revisions.get(revision.name) ?? [];
      const newest = known.at(-1);
      if (newest?.text === revision.text && newest.origin === revision.origin) return newest;
      const stored = { ...revision, revision: known.length + 1, at: Date.now() };
      revisions.set(revision.name, [...known, stored]);
      return stored;
    },
    get: async (name, revision) => revisions.get(name)?.at(revision === undefined ? -1 : revision - 1),
    list: async () => [...revisions.values()].map((known) => known.at(-1)!),
  };
}

export function createMemoryRegistrationStore(): RegistrationStore & { all(): Registration[] } {
  const kept: Registration[] = [];
  const newestFirst = (): Registration[] => [...kept].reverse();
  return {
    all: () => [...kept],
    async put(registration) {
      const stored = { ...registration, at: Date.now() };
      const at = kept.findIndex(({ id }) => id === registration.id);
      if (at < 0) kept.push(stored);
      return at < 0 ? stored : kept[at]!;
    },
    get: async (id) => kept.find((registration) => registration.id === id),
    current: async (pipeline, target) =>
      newestFirst().find((registration) => registration.pipeline === pipeline && registration.target === target),
    recent: async (pipeline, target, limit) =>
      newestFirst()
        .filter((registration) => registration.pipeline === pipeline && registration.target === target)
        .slice(0, limit),
    find: async (pipeline, target, settingsDigest) =>
      newestFirst().find(
        (registration) =>
          registration.pipeline === pipeline &&
          registration.target === target &&
          registration.settingsDigest === settingsDigest,
      ),
  };
}

export function createMemoryTokenStore(): TokenStore {
  const tokens = new Map<string, ApiToken>();
  return {
    async create({ name, scopes, expiresAt }) {
      const secret = `sl_${randomBytes(4).toString('hex')}_${randomBytes(24).toString('base64url')}`;
      const token = {
        id: `tok_${tokens.size + 1}`,
        name,
        scopes,
        createdAt: Date.now(),
        expiresAt,
        revokedAt: undefined,
      };
      tokens.set(secret, token);
      return { token, secret };
    },
    async verify(secret) {
      const token = tokens.get(secret);
      const isOver = token?.revokedAt !== undefined || (token?.expiresAt ?? Infinity) <= Date.now();
      return isOver ? undefined : token;
    },
    list: async () => [...tokens.values()],
    async revoke(id) {
      const token = [...tokens.values()].find((known) => known.id === id);
      if (token !== undefined) token.revokedAt = Date.now();
      return token !== undefined;
    },
  };
}

export function createMemoryBlobStore(): BlobStore & { digests(): string[] } {
  const blobs = new Map<string, Buffer>();
  return {
    digests: () => [...blobs.keys()],
    async put(bytes, expected) {
      const whole = Buffer.concat(await bytes.toArray());
      const digest = `sha256:${createHash('sha256').update(whole).digest('hex')}`;
      if (expected !== undefined && expected !== digest)
        throw new SlowLaneError('artifact.corrupt', `expected ${expected}`);
      blobs.set(digest, whole);
      return { digest, size: whole.length };
    },
    has: async (digest) => blobs.has(digest),
    async open(digest) {
      const whole = blobs.get(digest);
      if (whole === undefined) throw new SlowLaneError('artifact.corrupt', `no blob ${digest}`);
      return { stream: Readable.from([whole], { objectMode: false }), size: whole.length };
    },
  };
}

export function createMemoryBuildCache(): BuildCache {
  const builds = new Map<string, CachedBuild>();
  return {
    get: async (key) => builds.get(key),
    put: async (key, build) => void builds.set(key, build),
  };
}

/** Keeps what was logged, for tests that look. */
export function createMemoryLogger(): Logger & {
  entries: { level: string; fields: Record<string, unknown>; message: string }[];
} {
  const entries: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void entries.push({ level, fields, message });
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
