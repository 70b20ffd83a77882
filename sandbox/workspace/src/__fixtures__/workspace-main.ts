// The workspace as a process of its own, for tests that kill it. argv: a WorkspaceTask as JSON. It prints its address as one line.
import { closeInheritedDescriptors } from '@slowlane/process';
import type { RootSpec, SandboxDriver } from '@slowlane/contracts';
import { createWorkspace, type WorkspaceLimits } from '../workspace.ts';

export interface WorkspaceTask {
  helperModule: string;
  socketPath: string;
  stateDir: string;
  volumesDir: string;
  root: RootSpec;
  token: string;
  limits: WorkspaceLimits;
  port: number;
  classArchive: boolean;
  externalMaster?: string;
}

closeInheritedDescriptors();
const task = JSON.parse(process.argv[2] as string) as WorkspaceTask;
// By name at run time: the workspace itself knows drivers by their port alone.
const { connectHelper } = (await import(task.helperModule)) as { connectHelper(path: string): SandboxDriver };
const log = (fields: Record<string, unknown>, message: string): void =>
  void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const workspace = await createWorkspace({
  ...task,
  driver: connectHelper(task.socketPath),
  user: { userName: 'owner@example.org' },
  logger: { debug: () => {}, info: () => {}, warn: log, error: log },
});
const { url } = await workspace.listen(task.port, '127.0.0.1');
await workspace.warm;
process.stdout.write(`${url}\n`);
// Its end is the test's: by closing the pipe, or by a kill.
process.stdin.resume().on('end', () => void workspace.close().then(() => process.exit(0)));
