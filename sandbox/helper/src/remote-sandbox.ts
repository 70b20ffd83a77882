import type { Readable, Writable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import type { Running, Sandbox, SandboxCommand, SandboxEnd } from '@slowlane/contracts';
import type { ClientConnection } from './client-connection.ts';
import { streamNumbers } from './messages.ts';

/** A sandbox at the other end of its connection. */
export function remoteSandbox(id: string, connection: ClientConnection): Sandbox {
  let destroyed: Promise<void> | undefined;
  const mustLive = (call: string): void => {
    if (destroyed !== undefined) throw new SlowLaneError('sandbox.refused', `${call}: ${id} is destroyed`);
  };
  return {
    id,
    async exec(command) {
      mustLive('exec');
      return exec(connection, command);
    },
    async killAll() {
      if (destroyed === undefined) await connection.call<void>({ call: 'killAll' });
    },
    async collect(globs) {
      mustLive('collect');
      return collect(connection, globs);
    },
    async snapshot(key) {
      mustLive('snapshot');
      await connection.call<void>({ call: 'snapshot', key });
    },
    destroy: () => (destroyed ??= destroy(connection)),
  };
}

async function exec(connection: ClientConnection, command: SandboxCommand): Promise<Running> {
  const streams: { stdin?: Writable; stdout?: Readable; stderr?: Readable } = {};
  // The reading ends must be there before the first byte can come.
  const { answered, ended } = connection.callUntilEnd<SandboxEnd>({ call: 'exec', command }, (id) => {
    const numbers = streamNumbers(id);
    streams.stdin = connection.streams.writable(numbers.stdin);
    streams.stdout = connection.streams.readable(numbers.stdout);
    streams.stderr = connection.streams.readable(numbers.stderr);
  });
  await answered;
  const { stdin, stdout, stderr } = streams as Required<typeof streams>;
  return { stdin, stdout, stderr, done: ended };
}

async function collect(connection: ClientConnection, globs: readonly string[]): Promise<Readable> {
  let stream: Readable | undefined;
  await connection.callWith<void>({ call: 'collect', globs: [...globs] }, (id) => {
    stream = connection.streams.readable(streamNumbers(id).stdout);
  });
  return stream as Readable;
}

/** A helper that is gone has destroyed it, or will when it comes back. */
async function destroy(connection: ClientConnection): Promise<void> {
  await connection.call<void>({ call: 'destroy' }).catch((error: { code?: string }) => {
    if (error.code !== 'sandbox.unavailable') throw error;
  });
  connection.close();
}
