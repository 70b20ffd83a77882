import { generateKeyPairSync } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactSet, BlobStore, BuildPlan, Digest } from '@slowlane/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { artifactSetOf } from './artifact-set.ts';
import { digestOf, putBytes, putJson } from './blob-bytes.ts';
import { createFolderBlobStore } from './folder-blob-store.ts';
import { signProvenance } from './provenance.ts';
import { loadOrCreateSigningKey, type SigningKey } from './signing-key.ts';
import { verifyBuild } from './verify-build.ts';

let folder: string;
let blobs: BlobStore;
let key: SigningKey;
let set: ArtifactSet;
let provenance: Digest;
const kept: Record<string, Digest> = {};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-verify-'));
  blobs = createFolderBlobStore(join(folder, 'blobs'));
  key = await loadOrCreateSigningKey(join(folder, 'keys'));
  for (const name of ['daily.jar', 'lib.jar', 'log', 'sbom', 'report'])
    kept[name] = (await putBytes(blobs, `bytes of ${name}`)).digest;
  const file = (name: string) => ({ name, digest: kept[name] as Digest, size: `bytes of ${name}`.length });
  set = artifactSetOf('jar', file('daily.jar'), [file('lib.jar')]);
  const statement = {
    ...{ set, buildId: 'bld_1', correlationId: 'cor_1', pipeline: 'daily', contentKey: digestOf('key') },
    source: { kind: 'mirror' as const, path: '.', treeDigest: digestOf('tree') },
    plan: { plugin: 'scala-sbt', tools: [], steps: [], files: [], output: {} } as unknown as BuildPlan,
    ...{ toolchain: digestOf('root'), sandbox: { driver: 'dummy', tier: 'full', limits: {} }, served: [], warm: false },
    ...{ startedAt: 1, endedAt: 2, log: kept['log']!, sbom: kept['sbom']!, report: kept['report']! },
  };
  provenance = (await putJson(blobs, signProvenance(statement, key))).digest;
  kept['provenance'] = provenance;
});
afterEach(() => rm(folder, { recursive: true }));

const check = (publicKey = key.publicKey) => verifyBuild({ set, provenance, publicKey, blobs });
const pathOf = (digest: Digest) => join(folder, 'blobs', 'sha256', digest.slice(7, 9), digest.slice(9));

it('finds a build as it was made sound, and says what it looked at', async () => {
  expect(await check()).toEqual({
    artifact: set.digest,
    key: key.keyId,
    ok: true,
    checks: ['provenance', 'daily.jar', 'lib.jar', 'log', 'sbom', 'report'].map((name) => ({
      name,
      digest: kept[name],
    })),
  });
});

it.each(['provenance', 'daily.jar', 'lib.jar', 'log', 'sbom', 'report'])(
  'sees one changed byte in %s',
  async (name) => {
    const path = pathOf(kept[name] as Digest);
    const bytes = await readFile(path);
    bytes[5] = (bytes[5] as number) ^ 1;
    await rm(path);
    await writeFile(path, bytes);
    const { ok, checks } = await check();
    expect(ok).toBe(false);
    expect(checks.filter(({ problem }) => problem !== undefined).map((one) => one.name)).toEqual([name]);
  },
);

it.each(['provenance', 'daily.jar', 'sbom'])('sees that %s is longer than it was, or gone', async (name) => {
  const path = pathOf(kept[name] as Digest);
  await rm(path);
  expect((await check()).checks.find((one) => one.name === name)?.problem).toMatch(/not in the store/);
  await appendFile(path, `bytes of ${name} and more`);
  expect((await check()).ok).toBe(false);
});

it('takes no signature of another key, and no provenance of another artifact', async () => {
  const stranger = generateKeyPairSync('ed25519').publicKey;
  expect((await check(stranger)).checks[0]?.problem).toMatch(/no signature of key/);
  set = artifactSetOf('jar', set.primary, []);
  expect((await check()).checks[0]?.problem).toMatch(/other files than/);
});
