import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DriverReport } from '@slowlane/contracts';
import { abuseTable } from './abuse-table.ts';
import type { AbuseMutant, Patch } from './mutants.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const copied = ['abuse', 'driver-kit', 'bubblewrap', 'oci'];

/** Attacks the driver of a module. */
export type Probe = (driverModule: string) => Promise<DriverReport>;

/**
 * Copies the projects of the driver, takes the cure away in the copy, and attacks it; `undefined` leaves the copy as it is. Gives the ids of the tests that
 * failed. Throws when what the mutant searches for is not there exactly once: one that changes nothing proves nothing.
 */
export async function runAbuseMutant(mutant: AbuseMutant | undefined, probe: Probe): Promise<string[]> {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'slowlane-abuse-')));
  try {
    copyTree(top);
    for (const one of mutant === undefined ? [] : [mutant, ...(mutant.also ?? [])]) patch(top, one);
    const project = mutant?.driver === undefined ? 'bubblewrap' : 'oci';
    const { findings } = await probe(path.join(top, 'sandbox', project, 'src/index.ts'));
    return abuseTable(findings)
      .filter((row) => !row.ok)
      .map((row) => row.id);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

/** The copied projects find each other, and everything else where it is. */
function copyTree(top: string): void {
  const modules = path.join(root, 'node_modules');
  mkdirSync(path.join(top, 'node_modules/@slowlane'), { recursive: true });
  for (const project of copied) {
    const filter = (source: string): boolean => !source.includes('/node_modules');
    cpSync(path.join(root, 'sandbox', project), path.join(top, 'sandbox', project), { recursive: true, filter });
    symlinkSync(path.join(top, 'sandbox', project), path.join(top, 'node_modules/@slowlane', project));
  }
  link(modules, path.join(top, 'node_modules'), ['@slowlane', '.bin']);
  link(path.join(modules, '@slowlane'), path.join(top, 'node_modules/@slowlane'), copied);
}

function link(from: string, to: string, without: readonly string[]): void {
  for (const name of readdirSync(from))
    if (!without.includes(name)) symlinkSync(realpathSync(path.join(from, name)), path.join(to, name));
}

function patch(top: string, { search, replace, ...where }: Patch): void {
  const file = path.join(top, where.file);
  const text = readFileSync(file, 'utf8');
  const found = text.split(search).length - 1;
  if (found !== 1) throw new Error(`${JSON.stringify(search)} is ${found} times in ${file}`);
  writeFileSync(
    file,
    text.replace(search, () => replace),
  );
}
