import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

const maxBytes = 65_536;

export const plugin: LanguagePlugin = {
  manifest: {
    id: 'jar',
    version: '1.1.0',
    contract: 1,
    configSchema,
    reads: [
      { glob: 'artifact.yaml', maxBytes },
      { glob: 'artifact.yml', maxBytes },
    ],
    toolchains: ['jdk'],
    // A JAR may lie in any repository that the policy allows.
    registries: ['maven', 'web', '*'],
  },
  detect,
  plan,
  inspect,
  task,
};
