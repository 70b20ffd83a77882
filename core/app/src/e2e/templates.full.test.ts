import { quickTemplates, runTemplates } from './__fixtures__/template-runs.ts';

runTemplates((template) => !quickTemplates.includes(template));
