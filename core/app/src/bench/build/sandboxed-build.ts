import { collectOutputs, runPlan } from '@slowlane/pipeline';
import { benchSpec } from '../spec.ts';
import { time } from '../figures.ts';
import type { BenchProject, BuildRig } from './build-rig.ts';

/** Milliseconds. */
export interface BuildTime {
  /** Sandbox, source, all steps, the artifact taken out, the sandbox gone. */
  whole: number;
  /** The programs of the plan alone. */
  steps: number;
}

/**
 * One build as the build stage does it, with the dependency set of that name; `isCold`: as if it were not there, so that it is resolved and kept.
 * Throws what the build would fail with.
 */
export async function sandboxedBuild(
  rig: BuildRig,
  project: BenchProject,
  { set, isCold }: { set: string; isCold: boolean },
): Promise<BuildTime> {
  const steps = stopwatch();
  const whole = await time(async () => {
    const spec = { ...benchSpec(rig.root), work: { kind: 'volume' as const, ...(isCold ? {} : { restore: set }) } };
    const sandbox = await rig.driver.create(spec);
    try {
      await runPlan(
        {
          deps: { ...rig, clock: { now: () => Date.now() } },
          record: { id: spec.id },
          signal: new AbortController().signal,
          log: { say: async () => undefined, lines: async (lines) => steps.see(lines) },
        },
        {
          ...{ plan: project.plan, archive: project.archive, registries: project.plan.registries },
          ...{ sandbox, limits: spec.limits, snapshotKey: set },
          values: { sourceDateEpoch: '1700000000', memoryMb: '4096', cpus: '2' },
          deadlineAt: Date.now() + spec.limits.wallMs,
        },
      );
      await sandbox.killAll();
      await collectOutputs(sandbox, project.plan, { blobs: rig.blobs, maxBytes: spec.limits.workBytes });
    } finally {
      await sandbox.destroy();
    }
  });
  return { whole, steps: steps.sum() };
}

/** Reads off the log when a program began and ended. */
function stopwatch(): { see(lines: readonly string[]): void; sum(): number } {
  let [sum, began] = [0, 0];
  return {
    see(lines) {
      for (const line of lines) {
        if (line.startsWith('--> ')) began = performance.now();
        else if (line.startsWith('<-- ')) sum += performance.now() - began;
      }
    },
    sum: () => sum,
  };
}
