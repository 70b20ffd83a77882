import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment, Paths, SlowLaneYaml } from '@slowlane/config';
import { run } from '@slowlane/process';
import { extensionJar, hasR } from '@slowlane/workspace';
import type { Requirement } from './requirement.ts';
import { serviceUserName } from './service-user.ts';

/** Spark of the runtime that jobs are built for by default (17.3 of the runtime table has Spark 4.0). */
const pyspark = 'pyspark==4.0.4';
/** The newest Delta Lake that is built for this Spark, and the package of its storage layer. */
const deltaJars = ['delta-spark_4.0_2.13', 'delta-storage'];
const deltaVersion = '4.4.0';
/** What `pyspark.ml` and `toPandas` need and PySpark does not bring. */
const pythonData = ['numpy', 'pandas', 'pyarrow'];
const sbtLauncher = 'org.scala-sbt:sbt-launch:1.11.7';

/** Where an installation is, and what it demands of its sandboxes. */
export interface GroundPlace {
  environment: Environment;
  paths: Paths;
  tier: SlowLaneYaml['sandbox']['tier'];
}

/** What a machine needs to run everything embedded, in the order it is installed. */
export function requirements({ environment, paths, tier }: GroundPlace): Requirement[] {
  const onPath = (names: string[]) => async () => findOnPath(environment.path, names);
  return [
    {
      name: 'git',
      use: 'sources and the git remote',
      find: version(['git', '--version'], /(\d+\.\d+\.\d+)/),
      remedy: apt('git'),
    },
    {
      name: 'redis',
      use: 'queue and state',
      find: onPath(['valkey-server', 'redis-server']),
      remedy: apt('redis-server'),
    },
    { name: 'bubblewrap', use: 'the sandbox of builds and runs', find: onPath(['bwrap']), remedy: apt('bubblewrap') },
    {
      name: 'util-linux',
      use: 'namespaces of the sandbox',
      find: onPath(['setpriv']),
      remedy: apt('util-linux', 'mount'),
    },
    { name: 'mkfs.ext4', use: 'size-limited work volumes', find: onPath(['mkfs.ext4']), remedy: apt('e2fsprogs') },
    { name: 'jdk', use: 'Scala builds and Spark', find: async () => findJdk(), remedy: apt('openjdk-17-jdk-headless') },
    {
      name: 'maven',
      use: 'the Maven registry’s address stands in its super POM',
      find: async () => ['/usr/share/maven'].find((folder) => existsSync(folder)),
      remedy: apt('maven'),
    },
    {
      name: 'python',
      use: 'Python builds and drivers',
      find: version(['/usr/bin/python3', '--version'], /(\d+\.\d+\.\d+)/),
      remedy: apt('python3'),
    },
    {
      name: 'python-venv',
      use: 'Python builds and their tests',
      find: pythonModule('ensurepip'),
      remedy: apt('python3-venv'),
    },
    { name: 'python-pip', use: 'Python builds', find: pythonModule('pip'), remedy: apt('python3-pip') },
    ...ownRights(environment, tier),
    {
      name: 'spark',
      use: 'the local workspace runs jobs on it',
      find: async () => findSpark(paths.sparkSite),
      remedy: { kind: 'pip', package: pyspark, target: paths.sparkSite },
    },
    ...sparkAdditions(paths.sparkSite),
    {
      name: 'sbt',
      use: 'Scala builds',
      find: async () => (existsSync(paths.sbtLauncher) ? paths.sbtLauncher : undefined),
      remedy: { kind: 'maven', coordinates: sbtLauncher, file: paths.sbtLauncher },
    },
  ];
}

/** What stands beside Spark in its own site: the driver, its executors and notebooks find all of it there. */
function sparkAdditions(site: string): Requirement[] {
  const jars = join(site, 'pyspark', 'jars');
  const found = async (file: string): Promise<string | undefined> => (existsSync(file) ? file : undefined);
  return [
    ...pythonData.map((name): Requirement => ({
      name: `spark-${name}`,
      use: 'Spark ML and data frames of Python',
      find: () => found(join(site, name)),
      remedy: { kind: 'pip', package: name, target: site },
    })),
    ...deltaJars.map((name): Requirement => {
      const file = join(jars, `${name}-${deltaVersion}.jar`);
      return {
        name,
        use: 'Delta tables of the local workspace',
        find: () => found(file),
        remedy: { kind: 'maven', coordinates: `io.delta:${name}:${deltaVersion}`, file },
      };
    }),
    {
      name: 'spark-classes',
      use: 'dbfs: paths, three-level table names and Scala notebooks',
      find: async () => found(await extensionJar(site)),
      remedy: { kind: 'classes', site, jdk: jdkHome },
    },
    {
      name: 'r',
      use: 'R notebooks',
      find: async () => (hasR() ? '/usr/bin/Rscript' : undefined),
      remedy: apt('r-base-core', 'r-cran-reticulate', 'r-cran-jsonlite'),
      optional: true,
    },
    {
      name: 'r-tests',
      use: 'tests and coverage of R projects',
      find: async () => ['/usr/lib/R/site-library/testthat'].find((folder) => existsSync(folder)),
      remedy: apt('r-cran-testthat', 'r-cran-xml2', 'r-cran-covr'),
      optional: true,
    },
  ];
}

/** What the tests need besides. */
export function testRequirements(environment: Environment): Requirement[] {
  return [
    {
      name: 'iproute2',
      use: 'network namespaces of the egress tests',
      find: async () => findOnPath(environment.path, ['ip']),
      remedy: apt('iproute2'),
    },
    {
      name: 'procps',
      use: 'tests that look for left-over processes',
      find: async () => findOnPath(environment.path, ['ps']),
      remedy: apt('procps'),
    },
    {
      name: 'curl',
      use: 'the examples of the guides',
      find: async () => findOnPath(environment.path, ['curl']),
      remedy: apt('curl'),
    },
    {
      name: 'gradle',
      use: 'the tests of Gradle builds without a wrapper',
      find: async () => (existsSync('/usr/share/gradle/bin/gradle') ? '/usr/share/gradle' : undefined),
      remedy: apt('gradle'),
    },
    {
      name: 'gcc',
      use: 'the tests that cut the power: a library that notes what is on the disk',
      find: async () => findOnPath(environment.path, ['gcc']),
      remedy: apt('gcc', 'libc6-dev'),
    },
    {
      name: 'postgresql',
      use: 'the tests of the ledger in Postgres',
      find: async () => (existsSync('/usr/lib/postgresql') ? '/usr/lib/postgresql' : undefined),
      remedy: apt('postgresql'),
    },
  ];
}

function apt(...packages: string[]): { kind: 'apt'; packages: string[] } {
  return { kind: 'apt', packages };
}

function version(argv: string[], pattern: RegExp): () => Promise<string | undefined> {
  return async () => {
    const result = await run(argv, { env: { PATH: '/usr/local/bin:/usr/bin:/bin' }, timeoutMs: 10_000 });
    return result.ok ? pattern.exec(result.stdout)?.[1] : undefined;
  };
}

function pythonModule(name: string): () => Promise<string | undefined> {
  return async () => {
    const result = await run(
      ['/usr/bin/python3', '-I', '-c', `import ${name}; print(getattr(${name}, '__version__', 'found'))`],
      {
        timeoutMs: 10_000,
      },
    );
    return result.ok ? result.stdout.trim() : undefined;
  };
}

function findOnPath(path: string, names: string[]): string | undefined {
  const folders = [...new Set([...path.split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'])];
  for (const name of names)
    for (const folder of folders) if (folder !== '' && existsSync(join(folder, name))) return join(folder, name);
  return undefined;
}

function findJdk(): string | undefined {
  const home = jdkHome();
  const release = home === undefined ? '' : readFileSync(join(home, 'release'), 'utf8');
  return home === undefined ? undefined : `${/^JAVA_VERSION="([^"]*)"/m.exec(release)?.[1]} (${home})`;
}

/** Folder of a JDK 17 with a compiler, found by its release file. */
function jdkHome(): string | undefined {
  const base = '/usr/lib/jvm';
  if (!existsSync(base)) return undefined;
  for (const name of readdirSync(base).sort()) {
    const release = join(base, name, 'release');
    const found = existsSync(release)
      ? /^JAVA_VERSION="(17[^"]*)"/m.exec(readFileSync(release, 'utf8'))?.[1]
      : undefined;
    if (found !== undefined && existsSync(join(base, name, 'bin', 'javac'))) return join(base, name);
  }
  return undefined;
}

function findSpark(site: string): string | undefined {
  const file = join(site, 'pyspark', 'version.py');
  if (!existsSync(file) || !existsSync(join(site, '.complete'))) return undefined;
  return /__version__[^"']*["']([^"']+)["']/.exec(readFileSync(file, 'utf8'))?.[1];
}

/** Root needs somebody to be for all but the helper; an ordinary user needs root's rights for the helper, unless it does without. */
function ownRights(environment: Environment, tier: GroundPlace['tier']): Requirement[] {
  if (process.getuid?.() === 0) return [serviceUser()];
  return tier === 'rootless' ? [] : [rootRights(environment)];
}

function serviceUser(): Requirement {
  return {
    name: 'service user',
    use: 'everything but the sandbox helper runs as it',
    find: async () => (/^slowlane:/m.test(readFileSync('/etc/passwd', 'utf8')) ? serviceUserName : undefined),
    remedy: { kind: 'user', name: serviceUserName },
  };
}

function rootRights(environment: Environment): Requirement {
  return {
    name: 'sudo',
    use: 'starting the sandbox helper',
    find: async () => findOnPath(environment.path, ['sudo']),
    remedy: { kind: 'by-hand', line: "su -c 'apt-get install -y sudo' and give your user the right to use it" },
  };
}
