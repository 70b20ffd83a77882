import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SlowLaneError } from '@slowlane/contracts';
import { run } from '@slowlane/process';
import type { SdkProgram } from './sdk-client.ts';

export const sdkVersions = { python: '0.156.0', java: '0.141.0' };

interface PrepareOptions {
  /** Where the SDKs are kept between runs. */
  cache: string;
  host: string;
  token: string;
}

/**
 * The program of an official SDK, ready to start. The SDK comes from the registry that pip or Maven are set up for, once.
 * Throws `ground.missing` when it cannot be had.
 */
export async function prepareSdk(name: 'python' | 'java', options: PrepareOptions): Promise<SdkProgram> {
  const { cache, host, token } = options;
  const folder = join(cache, `databricks-sdk-${name}-${sdkVersions[name]}`);
  if (!existsSync(folder)) await (name === 'python' ? installPython : installJava)(folder);
  const common = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token, PATH: '/usr/bin:/bin', HOME: folder, NO_PROXY: '*' };
  if (name === 'python') {
    const argv = ['/usr/bin/python3', besides('python_client.py')];
    return { name, version: `databricks-sdk ${sdkVersions.python}`, argv, env: { ...common, PYTHONPATH: folder } };
  }
  const classes = join(cache, 'conformance-java-client');
  const classPath = `${classes}:${join(folder, '*')}`;
  await must(['/usr/bin/javac', '-d', classes, '-cp', classPath, besides('JavaClient.java')]);
  const argv = ['/usr/bin/java', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'JavaClient'];
  return { name, version: `databricks-sdk-java ${sdkVersions.java}`, argv, env: common };
}

async function installPython(folder: string): Promise<void> {
  const part = `${folder}.part`;
  const argv = ['/usr/bin/python3', '-m', 'pip', 'install', '--quiet', '--target', part];
  await must([...argv, `databricks-sdk==${sdkVersions.python}`]);
  await rename(part, folder);
}

async function installJava(folder: string): Promise<void> {
  const part = `${folder}.part`;
  await mkdir(part, { recursive: true });
  await writeFile(join(part, 'pom.xml'), pom);
  await must([
    '/usr/bin/mvn',
    '-q',
    '-B',
    '-f',
    join(part, 'pom.xml'),
    'dependency:copy-dependencies',
    '-DoutputDirectory=lib',
  ]);
  await cp(join(part, 'lib'), folder, { recursive: true });
  await rm(part, { recursive: true });
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>conformance</groupId><artifactId>conformance</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>com.databricks</groupId><artifactId>databricks-sdk-java</artifactId><version>${sdkVersions.java}</version>
  </dependency></dependencies>
</project>
`;

async function must(argv: string[]): Promise<void> {
  const result = await run(argv, { inheritEnv: true, timeoutMs: 600_000 });
  if (result.ok) return;
  const words = `${result.stdout}${result.stderr}`.slice(-1_500);
  throw new SlowLaneError('ground.missing', `${argv[0] ?? ''} could not make an official SDK ready: ${words}`, {
    hint: 'Check that pip or Maven reach their registry, or leave this client out with --client.',
  });
}

function besides(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
