// Entry of a supervisor. argv: file with a SupervisorTask.
import { superviseTask } from '@slowlane/driver-kit';
import { launch } from './launch.ts';

await superviseTask(process.argv[2] as string, () => ({ launch, discard: () => Promise.resolve() }));
