import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildPlan } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactSetOf } from './artifact-set.ts';
import { digestOf } from './blob-bytes.ts';
import { contentKey, type ContentKeyInputs } from './content-key.ts';
import { type ProvenanceInputs, signProvenance } from './provenance.ts';
import { loadOrCreateSigningKey } from './signing-key.ts';
import { verifyProvenance } from './verify-provenance.ts';

const jar = { name: 'daily.jar', digest: digestOf('jar'), size: 3 };
const lib = { name: 'lib.jar', digest: digestOf('lib'), size: 3 };
const other = { name: 'a-lib.jar', digest: digestOf('other'), size: 5 };
const plan: BuildPlan = {
  plugin: 'scala-sbt',
  tools: [{ name: 'sbt', version: '1.11.7', source: 'project/build.properties' }],
  files: [],
  steps: [
    { name: 'package', phase: 'build', argv: ['java'], cwd: '.', env: {}, missPatterns: [], failurePatterns: [] },
  ],
  dependencyFiles: ['build.sbt'],
  registries: ['maven'],
  reports: [],
  output: { primary: { include: ['*.jar'], exclude: [] }, companions: { include: [], exclude: [] }, kind: 'jar' },
};

describe('artifactSetOf', () => {
  it('names the set by its files, whatever their order', () => {
    const set = artifactSetOf('jar', jar, [lib, other]);
    expect(set.companions.map((file) => file.name)).toEqual(['a-lib.jar', 'lib.jar']);
    expect(artifactSetOf('jar', jar, [other, lib])).toEqual(set);
    expect(artifactSetOf('jar', jar, [lib]).digest).not.toBe(set.digest);
    expect(artifactSetOf('jar', { ...jar, digest: digestOf('jar2') }, [lib, other]).digest).not.toBe(set.digest);
  });

  it('refuses two files of one name', () => {
    expect(() => artifactSetOf('jar', jar, [{ ...lib, name: jar.name }])).toThrow(/two files .* "daily.jar"/);
  });
});

describe('contentKey', () => {
  const inputs: ContentKeyInputs = {
    zone: 'daily',
    source: { treeDigest: digestOf('tree'), path: '.' },
    plugin: { id: 'scala-sbt', version: '0.1.0' },
    plan,
    runtime: '17.3.x-scala2.13',
    toolchain: digestOf('root'),
    dependencies: null,
    profile: 'bubblewrap/1',
    limits: { wallMs: 900_000, memoryBytes: 4 * 1024 ** 3 },
    sourceDateEpoch: 1_577_836_800,
  };

  it('is the same for the same inputs and differs with each of them', () => {
    const key = contentKey(inputs);
    expect(contentKey(structuredClone(inputs))).toBe(key);
    const changes: Partial<ContentKeyInputs>[] = [
      { zone: 'other' },
      { source: { treeDigest: digestOf('tree2'), path: '.' } },
      { source: { treeDigest: digestOf('tree'), path: 'sub' } },
      { commit: 'a'.repeat(40) },
      { plugin: { id: 'scala-sbt', version: '0.1.1' } },
      { plan: { ...plan, steps: [{ ...plan.steps[0]!, argv: ['java', '-x'] }] } },
      { runtime: '16.4.x-scala2.12' },
      { toolchain: digestOf('root2') },
      { dependencies: digestOf('lock') },
      { profile: 'docker/1' },
      { limits: { wallMs: 1, memoryBytes: 1 } },
      { sourceDateEpoch: 0 },
    ];
    const keys = changes.map((change) => contentKey({ ...inputs, ...change }));
    expect(new Set([key, ...keys]).size).toBe(changes.length + 1);
  });
});

describe('provenance', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'key-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const set = artifactSetOf('jar', jar, [lib]);
  const inputs: ProvenanceInputs = {
    set,
    buildId: 'bld_1',
    correlationId: 'cor_1',
    pipeline: 'daily',
    source: {
      kind: 'git',
      url: 'https://example.org/acme/daily.git',
      ref: 'main',
      commit: 'c'.repeat(40),
      path: '.',
      treeDigest: digestOf('tree'),
    },
    plan,
    contentKey: digestOf('key'),
    toolchain: digestOf('root'),
    sandbox: { driver: 'bubblewrap', tier: 'full', limits: { wallMs: 1 } },
    served: [
      { path: '/maven/b.jar', digest: digestOf('b'), size: 1, immutable: true },
      { path: '/maven/a.jar', digest: digestOf('a'), size: 1, immutable: true },
    ],
    warm: false,
    startedAt: 0,
    endedAt: 1000,
    log: digestOf('log'),
  };

  it('is a SLSA statement about exactly the files of the set, with every file the gateway served', async () => {
    const key = await loadOrCreateSigningKey(folder);
    const statement = verifyProvenance(signProvenance(inputs, key), key.publicKey, set);
    expect(statement.subject).toEqual([
      { name: 'daily.jar', digest: { sha256: jar.digest.slice(7) } },
      { name: 'lib.jar', digest: { sha256: lib.digest.slice(7) } },
    ]);
    expect(statement.predicateType).toBe('https://slsa.dev/provenance/v1');
    const definition = statement.predicate.buildDefinition as {
      resolvedDependencies: { name: string; digest: Record<string, string> }[];
    };
    expect(definition.resolvedDependencies.map((dependency) => dependency.name)).toEqual([
      'source',
      'toolchain',
      '/maven/a.jar',
      '/maven/b.jar',
    ]);
    expect(definition.resolvedDependencies[0]?.digest.gitCommit).toBe('c'.repeat(40));
    expect(statement.predicate.runDetails).toMatchObject({
      builder: { id: 'urn:slowlane:builder:v1/bubblewrap/full/cold' },
    });
  });

  it('of a prebuilt artifact claims no build', async () => {
    const key = await loadOrCreateSigningKey(folder);
    const typeOf = (of: BuildPlan) => {
      const envelope = signProvenance({ ...inputs, plan: of }, key);
      const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as {
        predicate: { buildDefinition: { buildType: string } };
      };
      return statement.predicate.buildDefinition.buildType;
    };
    expect(typeOf(plan)).toBe('urn:slowlane:build:v1');
    expect(typeOf({ ...plan, prebuilt: true })).toBe('urn:slowlane:prebuilt:v1');
  });

  it('can be verified by anyone who follows the DSSE text, without our code', async () => {
    const key = await loadOrCreateSigningKey(folder);
    const envelope = signProvenance(inputs, key);
    const payload = Buffer.from(envelope.payload, 'base64').toString();
    const signed = `DSSEv1 28 application/vnd.in-toto+json ${Buffer.byteLength(payload)} ${payload}`;
    expect(verify(null, Buffer.from(signed), key.publicKey, Buffer.from(envelope.signatures[0]!.sig, 'base64'))).toBe(
      true,
    );
  });

  it('is refused when bytes, type, key or files are not the signed ones', async () => {
    const key = await loadOrCreateSigningKey(folder);
    const envelope = signProvenance(inputs, key);
    const foreign = generateKeyPairSync('ed25519').publicKey;
    const forged = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
    forged.subject[0].digest.sha256 = '0'.repeat(64);
    const cases: [unknown, typeof foreign, typeof set][] = [
      [{ ...envelope, payload: Buffer.from(JSON.stringify(forged)).toString('base64') }, key.publicKey, set],
      [{ ...envelope, payloadType: 'text/plain' }, key.publicKey, set],
      [{ ...envelope, signatures: [] }, key.publicKey, set],
      [{}, key.publicKey, set],
      [envelope, foreign, set],
      [envelope, key.publicKey, artifactSetOf('jar', jar, [])],
      [envelope, key.publicKey, artifactSetOf('jar', jar, [lib, other])],
    ];
    for (const [candidate, publicKey, files] of cases) {
      expect(() => verifyProvenance(candidate, publicKey, files)).toThrowError(
        expect.objectContaining({ code: 'artifact.provenance-invalid' }),
      );
    }
  });

  it('keeps one key per folder, also when two processes make it at once, readable by its owner only', async () => {
    const [one, two] = await Promise.all([loadOrCreateSigningKey(folder), loadOrCreateSigningKey(folder)]);
    expect(one.keyId).toBe(two.keyId);
    expect((await loadOrCreateSigningKey(folder)).keyId).toBe(one.keyId);
    expect((await stat(join(folder, 'signing-key.pem'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'signing-key.pub.pem'), 'utf8')).toContain('BEGIN PUBLIC KEY');
  });

  it('never replaces a damaged key', async () => {
    await writeFile(join(folder, 'signing-key.pem'), 'garbage');
    await expect(loadOrCreateSigningKey(folder)).rejects.toMatchObject({ code: 'platform.unexpected' });
    expect(await readFile(join(folder, 'signing-key.pem'), 'utf8')).toBe('garbage');
  });
});
