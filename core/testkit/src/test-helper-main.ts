// A sandbox helper for tests: what the product composes in core/app, with the driver and the server named by the caller, since testkit
// imports neither. argv: TestHelperTask as JSON. It ends when its stdin is closed, so also when the test runner is killed.
import { closeInheritedDescriptors } from '@slowlane/process';
import type { Logger, SandboxDriver } from '@slowlane/contracts';
import type { TestHelperTask } from './start-test-helper.ts';

interface DriverModule {
  createBubblewrapDriver(options: object): Promise<SandboxDriver>;
  removeInstance(stateDir: string): Promise<void>;
  createOciDriver(options: object): Promise<SandboxDriver>;
  removeOciInstance(stateDir: string, engine: object): Promise<void>;
}

interface HelperModule {
  serveHelper(options: object): Promise<{ close(): Promise<void> }>;
}

closeInheritedDescriptors();
await serve(JSON.parse(process.argv[2] as string) as TestHelperTask);

async function serve(task: TestHelperTask): Promise<void> {
  const module = (await import(task.driverModule)) as DriverModule;
  const { serveHelper } = (await import(task.helperModule)) as HelperModule;
  const logger = stderrLogger();
  const create = task.engine === undefined ? module.createBubblewrapDriver : module.createOciDriver;
  const driver = await create({ ...task, nodePath: process.execPath, logger });
  const server = await serveHelper({ driver, socketPath: task.socketPath, owner: task.caller, logger });
  process.stdout.write('ready\n');
  process.stdin.resume();
  process.stdin.once('close', () => {
    void server.close().then(async () => {
      if (task.removeAtEnd) await removeAll(module, task);
      process.exit(0);
    });
  });
}

function removeAll(module: DriverModule, { stateDir, engine }: TestHelperTask): Promise<void> {
  return engine === undefined ? module.removeInstance(stateDir) : module.removeOciInstance(stateDir, engine);
}

function stderrLogger(): Logger {
  const write = (fields: Record<string, unknown>, message: string): void =>
    void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
  return { debug: () => undefined, info: () => undefined, warn: write, error: write };
}
