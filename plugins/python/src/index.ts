import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

const maxBytes = 262_144;

export const plugin: LanguagePlugin = {
  manifest: {
    id: 'python',
    version: '1.0.0',
    contract: 1,
    configSchema,
    reads: [
      { glob: 'pyproject.toml', maxBytes },
      { glob: 'setup.py', maxBytes },
      { glob: 'setup.cfg', maxBytes },
      { glob: 'requirements*.txt', maxBytes },
      { glob: 'requirements/*.txt', maxBytes },
      { glob: '*.py', maxBytes },
    ],
    toolchains: ['python', 'spark'],
    registries: ['pypi'],
  },
  detect,
  plan,
  inspect,
  task,
};
