import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface DoorAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
}

/** A Unix socket behind which a server in a sandbox answers HTTP. */
export interface Door {
  /** Rejects when nobody answers. The body must be read or destroyed. */
  get(path: string, headers: Readonly<Record<string, string>>): Promise<DoorAnswer>;
  close(): void;
}

/** Linux: names a file without opening it. Node has no constant for it. */
const O_PATH = 0o10000000;
const timeoutMs = 60_000;

/**
 * The socket at this path; `undefined` while there is none. It lies in a folder that the sandbox may write to, so a link there could lead to any socket of
 * this machine, now or later: the file is taken hold of once, without following links, and every connection goes to what is held.
 */
export async function openDoor(path: string): Promise<Door | undefined> {
  const held = await hold(path);
  if (held === undefined) return undefined;
  return {
    get: (target, headers) =>
      new Promise((resolve, reject) => {
        const call = request({ socketPath: `/proc/self/fd/${held.fd}`, path: target, headers, timeout: timeoutMs });
        call.on('response', (body) => resolve({ status: body.statusCode ?? 502, headers: body.headers, body }));
        call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
        call.on('error', reject);
        call.end();
      }),
    close: () => void held.close().catch(() => undefined),
  };
}

async function hold(path: string): Promise<FileHandle | undefined> {
  const held = await open(path, O_PATH | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (held === undefined || (await held.stat()).isSocket()) return held;
  await held.close();
  throw new Error(`${path} is no socket`);
}
