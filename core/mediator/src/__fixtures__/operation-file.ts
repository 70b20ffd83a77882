import { PipelineFile } from '@slowlane/contracts';

/** Every declared step once, and a merge. */
export const operationFile = PipelineFile.parse({
  pipeline: 'daily',
  operation: {
    mediate: {
      defaults: { region: 'EU' },
      enrich: { label: 'region & "!"' },
      filter: 'true',
      split: { by: 'days', as: 'day' },
      merge: [{ file: 'out.csv', as: 'csv' }],
    },
  },
});
