import type { LanguagePlugin } from '@slowlane/contracts';
import { detect } from './detect.ts';
import { inspect } from './inspect.ts';
import { plan } from './plan.ts';
import { configSchema } from './schema.ts';
import { task } from './task.ts';

/** All that Slow Lane knows of this language. The toolchain and the registry are the language's own: the operator approves them by name. */
export const plugin: LanguagePlugin = {
  manifest: {
    id: 'go',
    version: '1.0.0',
    contract: 1,
    configSchema,
    reads: [
      { glob: 'go.mod', maxBytes: 262_144 },
      { glob: '*.go', maxBytes: 262_144 },
      { glob: 'cmd/*/*.go', maxBytes: 262_144 },
    ],
    toolchains: ['go', 'python'],
    registries: ['go'],
    // A module proxy: what has a version never changes, lists of versions do. https://go.dev/ref/mod#goproxy-protocol
    layouts: { go: ['**/@v/*.zip', '**/@v/*.mod', '**/@v/*.info'] },
  },
  detect,
  plan,
  inspect,
  task,
};
