import { createHash } from 'node:crypto';
import { digestOf } from '@slowlane/artifacts';
import type { GatewayDoor } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './__fixtures__/ask.ts';
import { type LoopbackRegistry, startRegistry } from './__fixtures__/loopback-registry.ts';
import { openGateway, type OpenGateway } from './__fixtures__/open-gateway.ts';

let registry: LoopbackRegistry;
let open: OpenGateway;
let door: GatewayDoor;

beforeEach(async () => {
  registry = await startRegistry();
  open = await openGateway({ 'gradle-dist': `${registry.url}/distributions` });
  door = await open.gateway.open({ id: 'bld_1', registries: ['gradle-dist'] });
});
afterEach(async () => {
  await open.close();
  await registry.stop();
});

const zip = 'gradle-8.14-bin.zip';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a Gradle distribution', () => {
  it('is held against the checksum that is published beside it, and kept', async () => {
    registry.replies.set(`/distributions/${zip}`, 'gradle').set(`/distributions/${zip}.sha256`, sha256('gradle'));
    expect((await ask(door.socketPath, `/gradle-dist/${zip}`)).text).toBe('gradle');
    expect(door.served()).toEqual([
      { path: `/gradle-dist/${zip}`, digest: digestOf('gradle'), size: 6, immutable: true },
    ]);
    await registry.stop();
    expect((await ask(door.socketPath, `/gradle-dist/${zip}`)).text).toBe('gradle');
  });

  it('with other bytes than the checksum says is refused with an alarm', async () => {
    registry.replies.set(`/distributions/${zip}`, 'other').set(`/distributions/${zip}.sha256`, sha256('gradle'));
    expect(await ask(door.socketPath, `/gradle-dist/${zip}`)).toMatchObject({
      status: 502,
      text: expect.stringContaining('gateway.mismatch'),
    });
    expect(open.alarms).toHaveLength(1);
  });

  it('of a mirror without checksums is served too', async () => {
    registry.replies.set(`/distributions/${zip}`, 'gradle');
    expect((await ask(door.socketPath, `/gradle-dist/${zip}`)).status).toBe(200);
  });

  it.each(['gradle-8.14-src.zip', 'evil.zip', `x/${zip}`, 'gradle-8.14-bin.zip.asc', ''])(
    'is all there is below the registry: not "%s"',
    async (path) => {
      expect((await ask(door.socketPath, `/gradle-dist/${path}`)).status).toBe(404);
      expect(registry.asked).toEqual([]);
    },
  );
});
