import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

const maxBytes = 262_144;

export const plugin: LanguagePlugin = {
  manifest: {
    id: 'r',
    version: '1.0.0',
    contract: 1,
    configSchema,
    reads: [
      { glob: 'DESCRIPTION', maxBytes },
      { glob: 'NAMESPACE', maxBytes },
      { glob: 'renv.lock', maxBytes: 1_048_576 },
      { glob: '*.R', maxBytes },
      { glob: '*.r', maxBytes },
    ],
    toolchains: ['r', 'python'],
    registries: ['cran'],
  },
  detect,
  plan,
  inspect,
  task,
};
