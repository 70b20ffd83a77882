import { type BuildRecord, type Registration, SlowLaneError } from '@slowlane/contracts';
import { need } from './need.ts';
import type { StageContext } from './stage-context.ts';
import type { StageDeps } from './stage-deps.ts';
import { createStageLog } from './stage-log.ts';
import { publishTo } from './stages/publish.ts';
import { jobOf, registerAt } from './stages/register.ts';

/** Publishes and registers what a build made for one more target. */
export type PromoteBuild = (record: BuildRecord, target: string, signal: AbortSignal) => Promise<Registration>;

/**
 * The same bytes under the same pipeline revision, on the target's workspace; nothing is built. Safe to repeat. Throws `pipeline.no-promotion` for a
 * build that has published nothing, or whose revision has no such target.
 */
export function createPromotion(deps: StageDeps): PromoteBuild {
  return async (record, name, signal) => {
    if (record.found.set === undefined || record.found.published === undefined)
      throw refused(record, 'has published no artifact');
    const log = createStageLog({ builds: deps.builds, buildId: record.id, stage: 'promote', clock: deps.clock });
    const context: StageContext = { deps, record, signal, log };
    const job = await jobOf(context);
    const target = Object.hasOwn(job.file.targets, name) ? job.file.targets[name] : undefined;
    if (target === undefined)
      throw refused(record, `was built under revision ${job.revision.revision}, which has no target "${name}"`);
    const { workspace } = target;
    const published = need(record.found.published, 'published paths');
    await publishTo(context, { set: job.set, published, workspace });
    return registerAt(context, job, { name, workspace });
  };
}

function refused({ id, pipeline }: BuildRecord, words: string): SlowLaneError {
  return new SlowLaneError('pipeline.no-promotion', `build ${id} of "${pipeline}" ${words}`, {
    hint: 'Push again, and promote that build.',
  });
}
