import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createWorkspace } from '@slowlane/workspace';
import { createLogger } from '../processes/logger.ts';
import { createLastingDriver } from './lasting-driver.ts';

/** What the workspace of the chaos test is told, as JSON in its first argument. */
export interface WorkspaceTask {
  folder: string;
  port: number;
  token: string;
  seed: number;
  /** Of each program, ms; by default 100 to 600, as the seed says. */
  runMs?: number;
}

/** The local workspace as a process of its own; its programs take 0.1 to 0.6 seconds, and one in ten fails. */
const { folder, port, token, seed, runMs } = JSON.parse(process.argv[2] ?? '{}') as WorkspaceTask;
const workspace = await createWorkspace({
  stateDir: join(folder, 'state'),
  volumesDir: join(folder, 'volumes'),
  driver: createLastingDriver(join(folder, 'programs'), (id) => {
    const [length, luck] = createHash('sha256').update(`${seed}/${id}`).digest() as unknown as [number, number];
    return { ms: runMs ?? 100 + 2 * length, code: luck < 26 ? 1 : 0 };
  }),
  root: { digest: 'sha256:0', binds: [], symlinks: [], files: [] },
  token,
  limits: { driverMemoryBytes: 1_024 ** 3, cpus: 2, maxActiveRuns: 50, wallMs: 3_600_000 },
  user: { userName: 'owner@example.org' },
  logger: createLogger('workspace', 'warn'),
  classArchive: false,
});
await workspace.listen(port, '127.0.0.1');
process.stdout.write('ready\n');
process.stdin.resume().on('end', () => void workspace.close().then(() => process.exit(0)));
