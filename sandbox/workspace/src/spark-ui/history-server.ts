import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Logger, type RootSpec, type Sandbox, type SandboxDriver, SlowLaneError } from '@slowlane/contracts';
import { consoleLogging } from '../runs/console-logging.ts';
import { makePassable, makeShared, runFolders } from '../runs/run-folders.ts';
import { type Door, openDoor } from './door.ts';
import { doorName, historySandbox, loggingName } from './history-sandbox.ts';

export interface HistoryServersOptions {
  driver: SandboxDriver;
  root: RootSpec;
  stateDir: string;
  logger: Logger;
  /** How long one stays that nobody asks anything; default 10 minutes. */
  idleMs?: number;
}

/** Spark's own web pages of runs: at most one server at a time, started at the first visit of a run and replaced by a visit of another one. */
export interface HistoryServers {
  /** The door of the run's server once it answers; `sandbox.failed` with the reason when it does not come up. Calls for one run share its start. */
  reach(taskRunId: number): Promise<Door>;
  /** The run whose server is there or is starting. */
  current(): number | undefined;
  close(): Promise<void>;
}

interface Server {
  taskRunId: number;
  door: Promise<Door>;
  /** Idempotent; resolves when nothing of it is left. */
  end(): Promise<void>;
}

const startMs = 60_000;
let count = 0;

export function createHistoryServers(options: HistoryServersOptions): HistoryServers {
  const idleMs = options.idleMs ?? 600_000;
  let current: Server | undefined;
  let ending: Promise<void> = Promise.resolve();
  let isClosed = false;
  const idle = setTimeout(() => endCurrent(), idleMs).unref();
  return { reach, current: () => current?.taskRunId, close };

  function reach(taskRunId: number): Promise<Door> {
    if (isClosed) return Promise.reject(failed('the workspace is closing'));
    idle.refresh();
    if (current?.taskRunId !== taskRunId) {
      endCurrent();
      current = begin(taskRunId);
    }
    return current.door;
  }

  /** After the one before it: there is memory for one. */
  function begin(taskRunId: number): Server {
    const started = ending.then(() => startServer(options, taskRunId));
    const server: Server = {
      taskRunId,
      door: started.then(({ door }) => door),
      end: () =>
        started.then(
          (one) => one.end(),
          () => undefined,
        ),
    };
    const forget = (): void => {
      if (current === server) endCurrent();
    };
    started.then(({ ended }) => ended.then(forget), forget);
    return server;
  }

  function endCurrent(): void {
    const server = current;
    current = undefined;
    if (server !== undefined) ending = Promise.all([ending, server.end()]).then(() => undefined);
  }

  async function close(): Promise<void> {
    isClosed = true;
    clearTimeout(idle);
    endCurrent();
    await ending;
  }
}

interface Started {
  door: Door;
  /** Resolves when it has ended by itself, or by `end`. */
  ended: Promise<unknown>;
  end(): Promise<void>;
}

async function startServer(options: HistoryServersOptions, taskRunId: number): Promise<Started> {
  const folder = await prepareFolder(options.stateDir);
  let sandbox: Sandbox | undefined;
  let door: Door | undefined;
  const end = async (): Promise<void> => {
    door?.close();
    await sandbox?.destroy().catch((error: unknown) => warn(options, error));
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => warn(options, error));
  };
  try {
    const { events } = runFolders(options.stateDir, taskRunId);
    const { spec, command } = historySandbox({
      ...{ id: `spark-ui-${process.pid}-${(count += 1)}`, root: options.root, events, folder },
      wayIn: await readFile(wayInFile, 'utf8'),
    });
    sandbox = await options.driver.create(spec);
    const running = await sandbox.exec(command);
    running.stdin.end();
    let said = '';
    for (const stream of [running.stdout, running.stderr])
      stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
    let isOver = false;
    const ended = running.done.then(
      () => (isOver = true),
      () => (isOver = true),
    );
    for (const until = performance.now() + startMs; ; await pause(150)) {
      door ??= await openDoor(join(folder, doorName));
      if (door !== undefined && (await answers(door))) return { door, ended, end };
      if (isOver || performance.now() > until) throw failed(said.trim());
    }
  } catch (error) {
    await end();
    throw error;
  }
}

async function answers(door: Door): Promise<boolean> {
  try {
    const { status, body } = await door.get('/api/v1/version', {});
    body.resume();
    return status === 200;
  } catch {
    return false;
  }
}

/** A new one each time. Only its own folder is the sandbox's; those above merely let it pass. */
async function prepareFolder(stateDir: string): Promise<string> {
  const above = join(stateDir, 'spark-ui');
  // What a process that was killed has left.
  await rm(above, { recursive: true, force: true });
  await makePassable(above);
  const folder = await mkdtemp(join(above, 'server-'));
  await makeShared(folder);
  await writeFile(join(folder, loggingName), consoleLogging('warn'), { mode: 0o644 });
  return folder;
}

function warn({ logger }: HistoryServersOptions, error: unknown): void {
  logger.warn({ error: String(error) }, 'something of the Spark UI of a run could not be removed');
}

function failed(said: string): SlowLaneError {
  return new SlowLaneError('sandbox.failed', `Spark's History Server did not come up: ${said || 'it said nothing'}`);
}

const wayInFile = join(import.meta.dirname, 'way-in.py');
