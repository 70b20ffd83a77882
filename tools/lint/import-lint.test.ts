import { fileURLToPath } from 'node:url';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let eslint: ESLint;

beforeAll(async () => {
  process.env['NX_DAEMON'] = 'false';
  await createProjectGraphAsync({ exitOnError: false });
  eslint = new ESLint({ cwd: root });
});

async function rulesBrokenBy(text: string, filePath: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: `${root}${filePath}` });
  return (result?.messages ?? []).filter(({ severity }) => severity === 2).map(({ ruleId }) => ruleId);
}

describe('the lint of the import table', () => {
  it.each([
    [
      'a stage that imports another stage',
      'core/keeper/src/keeper.ts',
      "import { createMediator } from '@slowlane/mediator';\nvoid createMediator;\n",
    ],
    [
      'contracts that import the queue',
      'core/contracts/src/plan.ts',
      "import { openQueue } from '@slowlane/queue';\nvoid openQueue;\n",
    ],
    [
      'a type-only import that points up',
      'core/kit/src/id.ts',
      "import type { Queue } from '@slowlane/queue';\nexport type Q = Queue;\n",
    ],
    ['anybody who imports app', 'core/cli/src/style.ts', "import { x } from '@slowlane/app';\nvoid x;\n"],
    [
      'the workspace that shares code with the client',
      'sandbox/workspace/src/workspace.ts',
      "import { outcomeOf } from '@slowlane/databricks';\nvoid outcomeOf;\n",
    ],
  ])('fails for %s', async (_name, file, text) => {
    expect(await rulesBrokenBy(text, file)).toContain('@nx/enforce-module-boundaries');
  });

  it.each([
    ['BullMQ outside the queue', 'core/keeper/src/keeper.ts', "import { Queue } from 'bullmq';\nvoid Queue;\n"],
    [
      'a child process outside core/process',
      'core/remote/src/backend.ts',
      "import { spawn } from 'node:child_process';\nvoid spawn;\n",
    ],
    ['a module below an owned one', 'core/cli/src/style.ts', "import ajv from 'ajv/dist/2020.js';\nvoid ajv;\n"],
  ])('fails for %s', async (_name, file, text) => {
    expect(await rulesBrokenBy(text, file)).toContain('no-restricted-imports');
  });

  it('fails for a stage other than publish and register that talks to a workspace', async () => {
    const text = "import { volumeStoreOf } from '@slowlane/databricks';\nvoid volumeStoreOf;\n";
    expect(await rulesBrokenBy(text, 'core/pipeline/src/stages/build.ts')).toContain(
      '@typescript-eslint/no-restricted-imports',
    );
    expect(await rulesBrokenBy(text, 'core/pipeline/src/stages/publish.ts')).toEqual([]);
  });

  it('fails for the environment read outside core/config', async () => {
    expect(await rulesBrokenBy("void process.env['HOME'];\n", 'core/queue/src/redis/keys.ts')).toContain(
      'no-restricted-properties',
    );
  });
});
