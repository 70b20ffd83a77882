import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

const maxBytes = 1_048_576;
const extensions = ['py', 'scala', 'sql', 'r', 'R', 'ipynb', 'java'];

export const plugin: LanguagePlugin = {
  manifest: {
    id: 'notebook',
    version: '1.0.0',
    contract: 1,
    configSchema,
    reads: [
      ...extensions.flatMap((extension) => [
        { glob: `*.${extension}`, maxBytes },
        { glob: `*/*.${extension}`, maxBytes },
      ]),
      { glob: 'requirements-test.txt', maxBytes: 65_536 },
    ],
    toolchains: ['python', 'spark', 'jdk'],
    registries: ['pypi'],
  },
  detect,
  plan,
  inspect,
  task,
};
