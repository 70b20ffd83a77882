import { z } from 'zod';

/** One project of the corpus: its files, what its pipeline file says, and what must become of it. */
const CorpusProject = z.strictObject({
  name: z.string().min(1),
  files: z.record(z.string(), z.string()),
  /** Top level of the pipeline file, without its name. */
  pipeline: z.record(z.string(), z.unknown()).default({}),
  expect: z.union([
    z.strictObject({
      language: z.string(),
      /** A file that decided. */
      evidence: z.string(),
      kind: z.string(),
      /** Globs of the artifact, and of what goes beside it. */
      artifact: z.string(),
      companions: z.string().optional(),
      /** Text in the argv of each step, in order; a step may be left out. */
      runs: z.array(z.string()).min(1),
      tools: z.array(z.string()).default([]),
      reports: z.array(z.string()).default([]),
    }),
    z.strictObject({
      refused: z.string(),
      /** Regular expression that the message must match. */
      message: z.string(),
      candidates: z.array(z.string()).default([]),
    }),
  ]),
});
export type CorpusProject = z.infer<typeof CorpusProject>;

export const Corpus = z.array(CorpusProject);
