import { readJsonBlob } from '@slowlane/artifacts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { chooseLanguage } from '../choose-language.ts';
import { need } from '../need.ts';
import { pipelineOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';

/** Finds the one language plugin that knows the project. */
export async function detect({ deps, record, log }: StageContext): Promise<void> {
  if (record.found.cachedFrom !== undefined) return;
  await deps.builds.advance(record.id, 'detecting', {});
  const tree = (await readJsonBlob(deps.blobs, need(record.found.snapshot, 'snapshot'))) as TreeSnapshot;
  const language = record.language ?? (await pipelineOf(deps, record)).language;
  const { plugin, evidence, failed = [] } = await chooseLanguage(deps.plugins, tree, language);
  await log.say(`${plugin}: ${evidence.join(', ')}`);
  await log.lines(failed.map((failure) => `    not asked further: ${failure}`));
  await deps.builds.advance(record.id, 'detecting', { plugin, evidence });
}
