import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DsseEnvelope, readBlob, readJsonBlob } from '@slowlane/artifacts';
import { Policy } from '@slowlane/contracts';
import { createLocalSigstore, leaveNote } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { publicKey, signature, signedJar } from '../__fixtures__/signed-jar.ts';
import { stageRig, type StageRig } from '../__fixtures__/stage-rig.ts';

const sha1 = (bytes: Buffer | string) => createHash('sha1').update(bytes).digest('hex');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A small program of the Maven registry, and the same bytes in a company's repository and on a server of files, both on loopback. */
describe.skipIf(!(await canStartRealBuilder()))('a prebuilt JAR', () => {
  const files = new Map<string, Buffer | string>();
  let server: Server;
  let host: string;
  let builder: RealBuilder;
  let rig: StageRig;
  let jar: Buffer;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const found = files.get(request.url ?? '');
      response.writeHead(found === undefined ? 404 : 200).end(found ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    builder = await startRealBuilder({
      upstreams: { company: `http://${host}/repository/` },
      webHosts: [`http://${host}`],
    });
    const policy = Policy.parse({ egress: ['maven', 'company', 'web'], downloads: [`http://${host}`] });
    rig = stageRig({}, { ...builder.deps, policy });
  }, 60_000);
  afterAll(async () => {
    await builder.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('of the Maven registry is registered with the libraries of its POM', async () => {
    const record = await lane('maven: org.jacoco:org.jacoco.cli:0.8.15\n');
    expect(record.failure, rig.builds.text(record.id).slice(-8_000)).toBeUndefined();
    expect(record.state).toBe('registered');
    expect(record.found).toMatchObject({
      plugin: 'jar',
      set: { kind: 'jar', primary: { name: 'org.jacoco.cli-0.8.15.jar' } },
    });
    const companions = record.found.set?.companions.map(({ name }) => name) ?? [];
    expect(companions).toContain('org.jacoco.core-0.8.15.jar');
    expect(companions.some((name) => name.startsWith('org.jacoco.cli-'))).toBe(false);
    jar = await readBlob(rig.deps.blobs, record.found.set?.primary.digest ?? '', 64 * 1_048_576);
  }, 300_000);

  it('of a company, in a SNAPSHOT, is the newest of its timestamps, by name', async () => {
    publishSnapshot(['20260101.101010-1', '20260203.040506-2']);
    const record = await lane('maven: org.example:tool:1.0-SNAPSHOT\nrepository: company\n');
    expect(record.failure, rig.builds.text(record.id).slice(-8_000)).toBeUndefined();
    expect(record.found.set).toMatchObject({ primary: { name: 'tool-1.0-20260203.040506-2.jar' }, companions: [] });
    expect(rig.builds.text(record.id)).toMatch(/tool-1\.0-20260203\.040506-2\.jar sha256:[0-9a-f]{64} \(not pinned/);
  }, 300_000);

  it('of a release is held against the digest that the project pins', async () => {
    publish('tool/2.0', 'tool-2.0');
    const pinned = await lane(`maven: org.example:tool:2.0\nrepository: company\nsha256: ${sha256(jar)}\n`);
    expect(pinned.failure, rig.builds.text(pinned.id).slice(-8_000)).toBeUndefined();
    expect(rig.builds.text(pinned.id)).toMatch(/tool-2\.0\.jar sha256:[0-9a-f]{64} \(as pinned\)/);
    const other = await lane(`maven: org.example:tool:2.0\nrepository: company\nsha256: '${'0'.repeat(64)}'\n`);
    expect(other.failure).toMatchObject({
      code: 'build.dependency',
      message: expect.stringContaining(`sha256 is ${sha256(jar)}, the project pins 0000`),
    });
  }, 300_000);

  it('whose checksum in the repository is wrong is refused', async () => {
    publish('tool/3.0', 'tool-3.0');
    files.set('/repository/org/example/tool/3.0/tool-3.0.jar.sha1', sha1('other'));
    const record = await lane('maven: org.example:tool:3.0\nrepository: company\n');
    expect(record.failure?.code, rig.builds.text(record.id).slice(-3_000)).toBe('gateway.mismatch');
  }, 300_000);

  it('is held against the signature beside it, where the project has the key', async () => {
    files.set('/files/signed.jar', signedJar).set('/files/signed.jar.asc', signature);
    files.set('/files/forged.jar', jar).set('/files/forged.jar.asc', signature);
    const of = (name: string, bytes: Buffer) =>
      `url: http://${host}/files/${name}\nsha256: ${sha256(bytes)}\nsignature: { keys: keys/example.asc }\n`;
    const good = await lane(of('signed.jar', signedJar));
    expect(rig.builds.text(good.id)).toContain('Good signature from "Releases of Example');
    // Signed, and yet no program.
    expect(good.failure?.code).toBe('artifact.main-class-missing');
    const forged = await lane(of('forged.jar', jar));
    expect(forged.failure).toMatchObject({
      code: 'build.dependency',
      message: expect.stringContaining('BAD signature'),
    });
  }, 300_000);

  it('is held against the Sigstore bundle beside it, where no build can judge', async () => {
    const identity = 'https://ci.example.org/acme/tool/release@refs/tags/v4';
    const issuer = 'https://id.example.org';
    const local = createLocalSigstore({ identity, provider: issuer });
    const { policy } = rig.deps;
    const trusting = stageRig({}, { ...builder.deps, policy, trustedRoot: local.trustedRoot });
    files.set('/files/attested.jar', signedJar).set('/files/attested.jar.sigstore.json', local.bundle(signedJar));
    const project = (name: string) => ({
      'artifact.yaml': `url: http://${host}/files/attested.jar\nsha256: ${sha256(signedJar)}\nsigstore: { identity: '${name}', issuer: '${issuer}' }\n`,
      '.slowlane/tool.yaml': 'pipeline: tool\njob: { main: org.jacoco.cli.internal.Main }\n',
    });
    const good = await trusting.pushed('tool', project(identity));
    expect(trusting.builds.text(good.id)).toContain(`a Sigstore bundle of ${identity} (${issuer})`);
    // Signed, and yet no program.
    expect(good.failure?.code, trusting.builds.text(good.id).slice(-8_000)).toBe('artifact.main-class-missing');
    const envelope = (await readJsonBlob(trusting.deps.blobs, good.found.provenance ?? '')) as DsseEnvelope;
    const { predicate } = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
    expect(predicate.buildDefinition.internalParameters.trust).toEqual({
      kind: 'pinned',
      digest: `sha256:${sha256(signedJar)}`,
      sigstore: { identity, issuer },
    });
    const stranger = await trusting.pushed('tool', project(identity.replace('acme', 'other')));
    const message = expect.stringContaining(`is signed by "${identity}", the project wants`);
    expect(stranger.failure).toMatchObject({ code: 'artifact.not-verified', message });
    const rootless = await rig.pushed('tool', project(identity));
    expect(rootless.failure?.message).toContain('no root of trust');
  }, 300_000);

  it('at an address is taken when its digest is the pinned one', async () => {
    files.set('/files/tool.jar', jar);
    const record = await lane(`url: http://${host}/files/tool.jar\nsha256: ${sha256(jar)}\n`);
    expect(record.failure, rig.builds.text(record.id).slice(-8_000)).toBeUndefined();
    expect(record.found.set).toMatchObject({ primary: { name: 'tool.jar' }, companions: [] });
    const missing = await lane(`url: http://${host}/files/none.jar\nsha256: ${sha256(jar)}\n`);
    expect(missing.failure).toMatchObject({
      code: 'build.dependency',
      message: expect.stringContaining(`HTTP 404 for /web/http/${host}/files/none.jar`),
    });
  }, 300_000);

  it('at a host that the operator did not name is not asked for', async () => {
    const record = await lane(`url: https://files.example.org/tool.jar\nsha256: '${'0'.repeat(64)}'\n`);
    expect(record.failure?.code).toBe('build.egress-denied');
    expect(rig.builds.text(record.id)).toContain('files.example.org is none of the hosts');
  }, 300_000);

  it('has no tests, so that a coverage which is asked for is refused', async ({ task }) => {
    const record = await rig.pushed('tool', {
      'artifact.yaml': 'maven: org.jacoco:org.jacoco.cli:0.8.15\n',
      '.slowlane/tool.yaml': 'pipeline: tool\nbuild: { coverage: { minimum: 1 } }\n',
    });
    const { code, message = '' } = record.failure ?? {};
    expect({ code, message }).toEqual({ code: 'plan.refused', message: 'build.coverage: a prebuilt JAR has no tests' });
    const reason = message.replace('build.coverage: ', '');
    leaveNote(task, { kind: 'refused-stages', language: 'jar', stages: ['test', 'coverage'], reason });
  }, 120_000);

  it('without a main class says that it is none to run', async () => {
    const record = await lane('maven: org.apache.commons:commons-lang3:3.18.0\n');
    expect(record.failure?.code, rig.builds.text(record.id).slice(-3_000)).toBe('artifact.main-class-missing');
  }, 300_000);

  async function lane(artifact: string) {
    const files = {
      'artifact.yaml': artifact,
      'keys/example.asc': publicKey,
      '.slowlane/tool.yaml': 'pipeline: tool\njob: { main: org.jacoco.cli.internal.Main }\n',
    };
    return rig.pushed('tool', files);
  }

  function publish(folder: string, file: string): void {
    const version = folder.split('/')[1] ?? '';
    const pom = `<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId><artifactId>tool</artifactId><version>${version}</version></project>`;
    for (const [extension, bytes] of [
      ['jar', jar],
      ['pom', pom],
    ] as const) {
      const path = `/repository/org/example/${folder}/${file}.${extension}`;
      files.set(path, bytes).set(`${path}.sha1`, sha1(bytes));
    }
  }

  /** As `mvn deploy` leaves it: the metadata names the newest, and every file that there is. */
  function publishSnapshot(stamps: string[]): void {
    for (const stamp of stamps) publish('tool/1.0-SNAPSHOT', `tool-1.0-${stamp}`);
    const [time, number] = (stamps.at(-1) ?? '').split('-') as [string, string];
    const versions = ['jar', 'pom'].map(
      (extension) =>
        `<snapshotVersion><extension>${extension}</extension><value>1.0-${time}-${number}</value><updated>${time.replace('.', '')}</updated></snapshotVersion>`,
    );
    const metadata = `<metadata modelVersion="1.1.0"><groupId>org.example</groupId><artifactId>tool</artifactId><version>1.0-SNAPSHOT</version>
<versioning><snapshot><timestamp>${time}</timestamp><buildNumber>${number}</buildNumber></snapshot><lastUpdated>${time.replace('.', '')}</lastUpdated>
<snapshotVersions>${versions.join('')}</snapshotVersions></versioning></metadata>`;
    const path = '/repository/org/example/tool/1.0-SNAPSHOT/maven-metadata.xml';
    files.set(path, metadata).set(`${path}.sha1`, sha1(metadata));
  }
});
