import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from '@slowlane/process';

/** A fault that somebody could write, as data, and the test that must notice it. Paths are below `<project>/src`. */
export interface Mutant {
  name: string;
  file: string;
  /** Stands in the file exactly once. */
  search: string;
  replace: string;
  test: { file: string; name: string };
}

export interface MutantOutcome {
  /** Tests that ran under the name. */
  ran: number;
  failed: number;
  /** What the test runner said, for people. */
  output: string;
}

/**
 * Runs one test on a copy of a project: changed by the mutant, or `unchanged`, which shows that the test passes there at all. Everything else of the
 * tree is linked. `testMs`: a test that has no limit of its own fails after it, for mutants that make one wait for ever. Throws when what the mutant searches for is not there exactly once: one that changes nothing proves nothing.
 */
export async function runMutant(
  project: { root: string; folder: string },
  mutant: Mutant,
  options: { unchanged?: boolean; timeoutMs?: number; testMs?: number } = {},
): Promise<MutantOutcome> {
  const dir = await mkdtemp(join(tmpdir(), 'slowlane-mutant-'));
  try {
    await copyInto(dir, project);
    const source = join(dir, project.folder, 'src', mutant.file);
    await writeFile(source, mutated(await readFile(source, 'utf8'), mutant, options.unchanged === true));
    const { timeoutMs = 180_000, testMs } = options;
    return await runTest(dir, { project, mutant, timeoutMs, testMs });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function copyInto(dir: string, { root, folder }: { root: string; folder: string }): Promise<void> {
  const filter = (path: string): boolean => !relative(root, path).split('/').includes('node_modules');
  await cp(join(root, folder), join(dir, folder), { recursive: true, filter });
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  for (const file of ['vitest.config.ts', 'package.json', 'tsconfig.base.json'])
    await cp(join(root, file), join(dir, file));
}

function mutated(text: string, { name, file, search, replace }: Mutant, isUnchanged: boolean): string {
  const found = text.split(search).length - 1;
  if (found !== 1) throw new Error(`mutant "${name}": ${JSON.stringify(search)} is ${found} times in ${file}`);
  return isUnchanged ? text : text.replace(search, () => replace);
}

interface TestRun {
  project: { folder: string };
  mutant: Mutant;
  timeoutMs: number;
  testMs: number | undefined;
}

async function runTest(dir: string, { project, mutant, timeoutMs, testMs }: TestRun): Promise<MutantOutcome> {
  const report = join(dir, 'report.json');
  const argv = [
    process.execPath,
    join(dir, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    join(project.folder, 'src', mutant.test.file),
    '--testNamePattern',
    mutant.test.name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    '--reporter=json',
    `--outputFile=${report}`,
    ...(testMs === undefined ? [] : [`--testTimeout=${testMs}`]),
  ];
  const { stdout, stderr } = await run(argv, { cwd: dir, inheritEnv: true, timeoutMs });
  const output = `${stdout}\n${stderr}`;
  const told = JSON.parse(await readFile(report, 'utf8').catch(() => '{}')) as {
    numPassedTests?: number;
    numFailedTests?: number;
  };
  const failed = told.numFailedTests ?? 0;
  return { ran: failed + (told.numPassedTests ?? 0), failed, output };
}
