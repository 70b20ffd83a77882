import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

const maxBytes = 262_144;

export const plugin: LanguagePlugin = {
  manifest: {
    id: 'java-gradle',
    version: '1.0.0',
    contract: 1,
    configSchema,
    reads: [
      { glob: 'settings.gradle', maxBytes },
      { glob: 'settings.gradle.kts', maxBytes },
      { glob: 'build.gradle', maxBytes },
      { glob: 'build.gradle.kts', maxBytes },
      { glob: '**/build.gradle', maxBytes },
      { glob: '**/build.gradle.kts', maxBytes },
      { glob: 'gradle/libs.versions.toml', maxBytes },
      { glob: 'gradle/wrapper/gradle-wrapper.properties', maxBytes },
    ],
    toolchains: ['jdk', 'gradle'],
    registries: ['maven', 'gradle-dist', 'gradle-plugins'],
  },
  detect,
  plan,
  inspect,
  task,
};
