import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

const maxBytes = 262_144;

export const plugin: LanguagePlugin = {
  manifest: {
    id: 'java-maven',
    version: '1.0.0',
    contract: 1,
    configSchema,
    reads: [
      { glob: 'pom.xml', maxBytes },
      { glob: '**/pom.xml', maxBytes },
      { glob: '.mvn/wrapper/maven-wrapper.properties', maxBytes },
    ],
    toolchains: ['jdk'],
    registries: ['maven'],
  },
  detect,
  plan,
  inspect,
  task,
};
