import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OperationTestView } from '@slowlane/cli';
import { type Logger, type Policy, SlowLaneError } from '@slowlane/contracts';
import { fillModuleCode, formatFileProblem, readStrictYaml } from '@slowlane/kit';
import { operationProblem } from '@slowlane/mediator';
import { loadPipelineFile } from '@slowlane/pipeline';
import { startLocalModuleHost } from '@slowlane/pluginhost';
import { runExample } from './run-example.ts';
import { OperationExamples } from './schema.ts';

/** Runs the examples of an operation; nothing else needs to run. Throws for files that cannot be read, `pipeline.invalid` for a wrong one. */
export async function testOperation(
  fileName: string,
  options: { tests?: string | undefined; policy: Policy; logger: Logger },
): Promise<OperationTestView> {
  const file = loadPipelineFile(await readPipeline(fileName), { fileName });
  const problem = operationProblem(file);
  if (problem !== undefined) throw SlowLaneError.from(problem);
  const testsFile = options.tests ?? fileName.replace(/(\.ya?ml)?$/, '.tests.yaml');
  const { tests } = await readExamples(testsFile);
  const modules = startLocalModuleHost({ logger: options.logger, node: process.execPath });
  try {
    const outcomes: OperationTestView['tests'] = [];
    for (const example of tests) {
      const problems = await runExample(example, { file, modules, mostParts: options.policy.parts });
      outcomes.push({ name: example.name, passed: problems.length === 0, problems });
    }
    const passed = outcomes.filter((outcome) => outcome.passed).length;
    return { file: fileName, tests: outcomes, passed, failed: outcomes.length - passed };
  } finally {
    await modules.close();
  }
}

/** A pipeline file with its module's text filled in. */
export async function readPipeline(fileName: string): Promise<string> {
  const text = await readText(fileName);
  return fillModuleCode(text, (module) => readText(join(dirname(fileName), module)));
}

async function readExamples(fileName: string): Promise<OperationExamples> {
  if (!existsSync(fileName))
    throw new SlowLaneError('cli.usage', `there is no ${fileName}`, {
      hint: 'Write the examples there, or name their file with --tests.',
    });
  const result = readStrictYaml(await readText(fileName), OperationExamples);
  if (result.ok) return result.value;
  throw new SlowLaneError(
    'pipeline.invalid',
    result.problems.map((problem) => formatFileProblem(fileName, problem)).join('\n'),
  );
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SlowLaneError('cli.usage', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  });
}
