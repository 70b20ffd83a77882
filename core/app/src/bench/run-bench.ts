import type { BenchView } from '@slowlane/cli';
import { SlowLaneError } from '@slowlane/contracts';
import type { Installation } from '../processes/installation.ts';
import { benchAccept } from './accept.ts';
import { benchBuild } from './build.ts';
import type { Figure } from './figures.ts';
import { benchOperations } from './operations.ts';
import { benchGate } from './gate.ts';
import { benchIdle } from './idle.ts';
import { benchLane } from './lane.ts';
import { benchPush } from './push.ts';
import { benchSandbox } from './sandbox.ts';
import { benchRun } from './run.ts';
import { benchSubmit } from './submit.ts';

type Bench = (installation: Installation, say: (line: string) => void, only?: string) => Promise<Figure[]>;

const benches: Record<string, Bench> = {
  submit: benchSubmit,
  accept: benchAccept,
  lane: benchLane,
  gate: benchGate,
  operations: benchOperations,
  idle: benchIdle,
  sandbox: benchSandbox,
  push: benchPush,
  build: benchBuild,
  run: benchRun,
};

/** Figures side by side with the raw thing. Needs a running Slow Lane (`slowlane up`) for all but `submit`, `accept`, `lane`, `gate` and `operations`. */
export async function runBench(
  installation: Installation,
  names: readonly string[],
  say: (line: string) => void,
): Promise<BenchView> {
  const rows: Figure[] = [];
  for (const name of names.length === 0 ? Object.keys(benches) : names) {
    // `build:java-maven`: one of several that a bench has.
    const [suite = '', only] = name.split(':');
    const bench = Object.hasOwn(benches, suite) ? benches[suite] : undefined;
    if (bench === undefined)
      throw new SlowLaneError('cli.usage', `there is no bench "${name}"`, {
        hint: `Benches: ${Object.keys(benches).join(', ')}`,
      });
    say(`==> ${name}`);
    rows.push(...(await bench(installation, say, only)));
  }
  return { rows };
}
