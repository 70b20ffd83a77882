import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import { run } from '@slowlane/process';

const sources = join(import.meta.dirname, 'spark');
const prefix = 'slowlane-spark-';

/** File of our own classes for a Spark home (the `dbfs:` file system, the catalog `main`, the Scala kernel), named by their sources. */
export async function extensionJar(site: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(sources)).sort())
    hash.update(`${name}\n`).update(await readFile(join(sources, name)));
  return join(site, 'pyspark', 'jars', `${prefix}${hash.digest('hex').slice(0, 16)}.jar`);
}

export interface BuildOptions {
  /** Site-packages folder that holds `pyspark`. */
  site: string;
  /** JDK 17: the folder that holds `bin/java` and `bin/jar`. */
  jdk: string;
}

/**
 * Compiles our classes by the Scala compiler that Spark brings, against that Spark, and puts the JAR beside Spark's own: so the driver, its
 * executors, the interpreter of notebooks and the class archive all have it. Done already when the file is there. An older one goes away.
 * Throws `ground.missing` with the compiler's words.
 */
export async function buildSparkExtension({ site, jdk }: BuildOptions): Promise<string> {
  const target = await extensionJar(site);
  if (existsSync(target)) return target;
  const jars = dirname(target);
  const work = await mkdtemp(join(site, '.extension-'));
  try {
    const names = (await readdir(sources)).filter((name) => name.endsWith('.scala')).sort();
    const out = join(work, 'classes');
    await mkdir(join(out, 'META-INF', 'services'), { recursive: true });
    const services = join(out, 'META-INF', 'services', 'org.apache.hadoop.fs.FileSystem');
    await writeFile(services, 'slowlane.spark.DbfsFileSystem\n');
    const java = [
      join(jdk, 'bin', 'java'),
      '-Xmx1g',
      '-cp',
      `${jars}/*`,
      'scala.tools.nsc.Main',
      '-usejavacp',
      '-nowarn',
    ];
    await must([...java, '-d', out, ...names.map((name) => join(sources, name))]);
    const part = join(work, 'extension.jar');
    await must([join(jdk, 'bin', 'jar'), '--create', '--file', part, '-C', out, '.']);
    for (const name of await readdir(jars)) if (name.startsWith(prefix)) await rm(join(jars, name));
    await rename(part, target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function must(argv: string[]): Promise<void> {
  const result = await run(argv, { timeoutMs: 300_000 });
  if (result.ok) return;
  throw new SlowLaneError(
    'ground.missing',
    `the classes for Spark do not compile:\n${result.stdout}${result.stderr}`.slice(0, 4_000),
  );
}
