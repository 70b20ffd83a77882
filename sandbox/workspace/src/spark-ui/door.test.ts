import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDoor } from './door.ts';

let folder: string;
let servers: Server[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-door-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

async function serve(name: string): Promise<string> {
  const server = createServer((request, response) => response.end(`${name} ${request.url}`));
  servers.push(server);
  await once(server.listen(join(folder, name)), 'listening');
  return join(folder, name);
}

describe('a door into a sandbox', () => {
  it('leads to the socket that was there when it was opened, whatever lies at its path later', async () => {
    const path = await serve('inside');
    const other = await serve('helper');
    const door = await openDoor(path);
    await rename(path, `${path}-moved`);
    await symlink(other, path);
    const { status, body } = (await door?.get('/page', {})) ?? {};
    expect([status, body && (await text(body))]).toEqual([200, 'inside /page']);
    door?.close();
  });

  it('is none where a link lies, or nothing', async () => {
    await symlink(await serve('helper'), join(folder, 'link'));
    await expect(openDoor(join(folder, 'link'))).rejects.toThrow('is no socket');
    expect(await openDoor(join(folder, 'nothing'))).toBeUndefined();
  });
});
