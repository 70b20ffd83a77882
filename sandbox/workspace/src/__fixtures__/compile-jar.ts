import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slowlane/process';

/** A JAR of one Java class without a package, compiled against Spark's own jars. */
export async function compileJar(site: string, className: string, source: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-jar-'));
  try {
    const file = join(folder, `${className}.java`);
    await writeFile(file, source);
    await must(['javac', '-nowarn', '-cp', `${site}/pyspark/jars/*`, '-d', join(folder, 'out'), file]);
    await must(['jar', '--create', '--file', join(folder, 'one.jar'), '-C', join(folder, 'out'), '.']);
    return await readFile(join(folder, 'one.jar'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function must(argv: string[]): Promise<void> {
  const result = await run(argv, { inheritEnv: true });
  if (!result.ok) throw new Error(`${argv[0]}: ${result.stdout}${result.stderr}`);
}
