import { randomBytes } from 'node:crypto';
import { SlowLaneError } from '@slowlane/contracts';
import type { Running, Sandbox, SandboxDriver, SandboxEnd, SandboxSpec } from '@slowlane/contracts';
import { readLines } from './read-lines.ts';
import { Reply } from './schema.ts';

export interface ProcessOptions {
  driver: SandboxDriver;
  spec: SandboxSpec;
  pluginId: string;
  /** Runner and its arguments but the last, a secret that opens its first answer. */
  argv: readonly string[];
  timeoutMs: number;
  maxAnswerBytes: number;
}

/** One sandboxed process of one plugin. One call at a time; a call that fails for anything but a refusal leaves it unusable. */
export interface PluginProcess {
  call(method: string, args: readonly unknown[]): Promise<Reply>;
  /** What the plugin answered on loading: its manifest. */
  readonly loaded: Reply;
  isUsable(): boolean;
  /** Idempotent; resolves when nothing of it is left. */
  end(): Promise<void>;
}

/** Starts the process and loads the plugin. Throws `plugin.failed` when it does not load in time, `sandbox.*` when the sandbox fails. */
export async function startPluginProcess(options: ProcessOptions): Promise<PluginProcess> {
  const sandbox = await options.driver.create(options.spec);
  try {
    const secret = randomBytes(12).toString('hex');
    const running = await sandbox.exec({ argv: [...options.argv, secret], cwd: '/tmp', net: { mode: 'none' } });
    const connection = connect(running, options);
    const end = endOnce(sandbox, connection);
    const loaded = await connection.next(secret).catch(async (error: unknown) => {
      await end();
      throw error;
    });
    return {
      loaded,
      isUsable: connection.isOpen,
      end,
      call: (method, args) => callOnce(running, connection, { method, args }),
    };
  } catch (error) {
    await sandbox.destroy();
    throw error;
  }
}

interface Connection {
  /** The next line, which must be the reply to `id`. Any failure closes the connection. */
  next(id: string): Promise<Reply>;
  isOpen(): boolean;
  close(): void;
}

async function callOnce(
  running: Running,
  connection: Connection,
  call: { method: string; args: readonly unknown[] },
): Promise<Reply> {
  const id = randomBytes(12).toString('hex');
  const reply = connection.next(id);
  running.stdin.write(`${JSON.stringify({ id, ...call })}\n`);
  return reply;
}

function connect(running: Running, options: ProcessOptions): Connection {
  let open = true;
  let waiting: { id: string; resolve: (reply: Reply) => void; reject: (error: unknown) => void } | undefined;
  let lastWords = '';
  const fail = (error: unknown): void => {
    open = false;
    waiting?.reject(error);
    waiting = undefined;
  };
  const failed = (text: string): SlowLaneError =>
    new SlowLaneError('plugin.failed', `plugin ${options.pluginId} ${text}`, { data: { plugin: options.pluginId } });
  readLines(running.stdout, {
    maxBytes: options.maxAnswerBytes,
    onLine: (line) => {
      const reply = replyIn(line);
      if (waiting === undefined || reply?.id !== waiting.id) return fail(failed('wrote something that is no answer'));
      waiting.resolve(reply);
      waiting = undefined;
    },
    onTooLong: () => fail(failed(`answered more than ${options.maxAnswerBytes} bytes`)),
  });
  running.stderr.setEncoding('utf8').on('data', (chunk: string) => (lastWords = (lastWords + chunk).slice(-2_000)));
  // The write that meets a dead process is told by `done`.
  running.stdin.on('error', () => undefined);
  running.done.then((end) => fail(causeOf(end, lastWords, failed)), fail);
  return {
    isOpen: () => open,
    close: () => fail(failed('was ended')),
    next: (id) =>
      new Promise<Reply>((resolve, reject) => {
        if (!open) return reject(failed('has ended'));
        const timer = setTimeout(
          () => fail(failed(`did not answer within ${options.timeoutMs} ms`)),
          options.timeoutMs,
        );
        const settle =
          <T>(done: (value: T) => void) =>
          (value: T): void => {
            clearTimeout(timer);
            done(value);
          };
        waiting = { id, resolve: settle(resolve), reject: settle(reject) };
      }),
  };
}

function replyIn(line: string): Reply | undefined {
  try {
    return Reply.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function causeOf(end: SandboxEnd, lastWords: string, failed: (text: string) => SlowLaneError): SlowLaneError {
  if (end.reason === 'driver-lost') return new SlowLaneError('sandbox.unavailable', 'the sandbox of a plugin was lost');
  if (end.reason === 'oom' || lastWords.includes('heap out of memory')) return failed('used more memory than it may');
  const how =
    end.reason === 'exit' ? `ended with code ${end.code}` : `ended: ${end.reason} ${end.signal ?? ''}`.trimEnd();
  return failed(lastWords.trim() === '' ? how : `${how}: ${errorLine(lastWords)}`);
}

/** The line of Node's crash report that tells the error, without the stack. */
function errorLine(lastWords: string): string {
  const lines = lastWords
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.find((line) => /^\w*(Error|Exception|Refusal)\b/.test(line)) ?? (lines.at(-1) as string);
}

function endOnce(sandbox: Sandbox, connection: Connection): () => Promise<void> {
  let ended: Promise<void> | undefined;
  return () => {
    connection.close();
    ended ??= sandbox.killAll().finally(() => sandbox.destroy());
    return ended;
  };
}
