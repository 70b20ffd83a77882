import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { storedZip } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { stageRig, type StageRig } from '../__fixtures__/stage-rig.ts';

const canRun = existsSync('/usr/share/gradle') && (await canStartRealBuilder());

/** A distribution of our own, whose start script hands over to the machine's Gradle. */
const zip = storedZip(
  Object.entries({
    'gradle-8.14/README': 'Gradle',
    'gradle-8.14/bin/gradle':
      '#!/bin/sh\necho "the distribution of the wrapper"\nexec /usr/share/gradle/bin/gradle "$@"\n',
  }),
);
const sha256 = createHash('sha256').update(zip).digest('hex');

describe.skipIf(!canRun)('a Gradle build with a wrapper', () => {
  let server: Server;
  let builder: RealBuilder;
  let rig: StageRig;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const isZip = request.url === '/distributions/gradle-8.14-bin.zip';
      response.writeHead(isZip ? 200 : 404).end(isZip ? zip : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    builder = await startRealBuilder({ upstreams: { 'gradle-dist': `http://127.0.0.1:${port}/distributions/` } });
    rig = stageRig({}, builder.deps);
  }, 60_000);
  afterAll(async () => {
    await builder.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is built by the distribution that it pins, and never by the programs of the wrapper', async () => {
    const record = await lane(sha256);
    expect(record.failure, rig.builds.text(record.id).slice(-8_000)).toBeUndefined();
    expect(record.found.set?.primary.name).toBe('wrapped.jar');
    expect(rig.builds.text(record.id)).toMatch(/gradle: fetch Gradle 8\.14 \(wrapper\)/);
    expect(rig.builds.text(record.id)).toMatch(/the distribution of the wrapper/);
    expect(rig.builds.text(record.id)).not.toMatch(/gradlew was run/);
  }, 300_000);

  it('stops where the distribution is not the one that is pinned', async () => {
    const record = await lane('0'.repeat(64));
    expect(record.failure).toMatchObject({
      code: 'build.dependency',
      message: expect.stringContaining(`Gradle 8.14: sha256 is ${sha256}, the wrapper pins 0000`),
    });
  }, 300_000);

  async function lane(pinned: string) {
    const files = {
      'settings.gradle': "rootProject.name = 'wrapped'\n",
      'build.gradle': "apply plugin: 'java'\n",
      'src/main/java/Main.java': 'public final class Main { public static void main(String[] args) {} }\n',
      gradlew: '#!/bin/sh\necho gradlew was run\n',
      'gradle/wrapper/gradle-wrapper.jar': 'no JAR',
      'gradle/wrapper/gradle-wrapper.properties': `distributionUrl=https\\://example.org/distributions/gradle-8.14-bin.zip\ndistributionSha256Sum=${pinned}\n`,
      '.slowlane/wrapped.yaml': 'pipeline: wrapped\nbuild: { test: false }\n',
    };
    return rig.pushed('wrapped', files);
  }
});
