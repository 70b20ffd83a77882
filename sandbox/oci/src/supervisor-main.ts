// Entry of a supervisor. argv: file with a SupervisorTask.
import { makePaths, superviseTask } from '@slowlane/driver-kit';
import { ociIsolation } from './isolation.ts';
import type { OciPlan } from './launch.ts';

await superviseTask(process.argv[2] as string, (task) =>
  ociIsolation((task.plan as OciPlan).engine, makePaths(task.stateDir)),
);
