import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outcomeOf, readCorpus, shortPlan } from './plan-corpus.ts';
import type { CorpusProject } from './schema.ts';

const corpus = await readCorpus();

describe('the corpus of projects', () => {
  it('has at least 60, of every kind, and no two alike', () => {
    const all = corpus.flatMap(({ projects }) => projects);
    expect(all.length).toBeGreaterThanOrEqual(60);
    const refused = all.filter(({ expect: wanted }) => 'refused' in wanted);
    expect(refused.length).toBeGreaterThanOrEqual(15);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ files, pipeline }) => JSON.stringify([files, pipeline]))).size).toBe(all.length);
  });

  describe.each(corpus)('$file', ({ file, projects }) => {
    it.each(projects)('$name', async (project) => {
      const outcome = await outcomeOf(project);
      if ('refused' in project.expect) return expectRefusal(outcome, project.expect);
      expectPlan(outcome, project.expect);
    });

    it('has the plans that were reviewed (else read the difference of: node core/app/src/corpus/write-plans.ts)', async () => {
      const text = await readFile(join(import.meta.dirname, '__fixtures__', `${file}.plans.json`), 'utf8');
      const reviewed = JSON.parse(text) as Record<string, unknown>;
      const outcomes = await Promise.all(
        projects.map(async (project) => [project.name, await outcomeOf(project)] as const),
      );
      const plans = outcomes.flatMap(([name, outcome]) => ('plan' in outcome ? [[name, shortPlan(outcome.plan)]] : []));
      expect(Object.fromEntries(plans)).toEqual(reviewed);
    });
  });
});

type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

function expectRefusal(outcome: Outcome, wanted: Extract<CorpusProject['expect'], { refused: string }>): void {
  expect(outcome).toMatchObject({ refused: wanted.refused, message: expect.stringMatching(wanted.message) as string });
  if (!('refused' in outcome)) return;
  if (wanted.candidates.length > 0) expect(outcome.candidates).toEqual(wanted.candidates);
  expect(outcome.hint ?? '').not.toBe('');
}

function expectPlan(outcome: Outcome, wanted: Extract<CorpusProject['expect'], { language: string }>): void {
  if (!('plan' in outcome)) return expect(outcome, 'a false refusal').toMatchObject({ language: wanted.language });
  const { plan, evidence, language } = outcome;
  expect({ language, kind: plan.output.kind }).toEqual({ language: wanted.language, kind: wanted.kind });
  expect(evidence.join(', ')).toContain(wanted.evidence);
  expect(plan.output.primary.include).toContain(wanted.artifact);
  expect(plan.output.companions.include).toEqual(wanted.companions === undefined ? [] : [wanted.companions]);
  const commands = plan.steps.map(({ argv }) => argv.join(' '));
  let from = 0;
  for (const text of wanted.runs) {
    const at = commands.findIndex((command, index) => index >= from && command.includes(text));
    expect(at, `${text} in order in:\n${commands.join('\n')}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
  for (const tool of wanted.tools) expect(plan.tools.map(({ name, version }) => `${name} ${version}`)).toContain(tool);
  expect(plan.reports.map(({ kind }) => kind)).toEqual(expect.arrayContaining(wanted.reports));
}
