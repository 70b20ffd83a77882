import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

const maxBytes = 262_144;

export const plugin: LanguagePlugin = {
  manifest: {
    id: 'scala-sbt',
    version: '1.0.0',
    contract: 1,
    configSchema,
    reads: [
      { glob: '*.sbt', maxBytes },
      { glob: 'project/*.sbt', maxBytes },
      { glob: 'project/*.scala', maxBytes },
      { glob: 'project/build.properties', maxBytes },
    ],
    toolchains: ['jdk', 'sbt-launcher'],
    registries: ['maven'],
  },
  detect,
  plan,
  inspect,
  task,
};
