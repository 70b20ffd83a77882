import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { outcomeOf, readCorpus, shortPlan } from './plan-corpus.ts';

/** Writes the plans of the corpus as they are now: what changed is then read in a review. */
for (const { file, projects } of await readCorpus()) {
  const plans: Record<string, object> = {};
  for (const project of projects) {
    const outcome = await outcomeOf(project);
    if ('plan' in outcome) plans[project.name] = shortPlan(outcome.plan);
  }
  const target = join(import.meta.dirname, '__fixtures__', `${file}.plans.json`);
  await writeFile(target, await format(JSON.stringify(plans), { parser: 'json', printWidth: 160 }));
}
