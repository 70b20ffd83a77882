import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { artifactSetOf } from './artifact-set.ts';
import { digestOf } from './blob-bytes.ts';
import { packageOfPath } from './package-of-path.ts';
import { writeSbom } from './write-sbom.ts';

describe('packageOfPath', () => {
  it.each([
    [
      '/maven/org/scala-lang/scala-library/2.13.16/scala-library-2.13.16.jar',
      'pkg:maven/org.scala-lang/scala-library@2.13.16',
    ],
    ['/maven/io/netty/netty/4.1/netty-4.1-linux-x86_64.jar', 'pkg:maven/io.netty/netty@4.1?classifier=linux-x86_64'],
    [
      '/maven/org/apache/maven/apache-maven/3.9.16/apache-maven-3.9.16-bin.zip',
      'pkg:maven/org.apache.maven/apache-maven@3.9.16?classifier=bin&type=zip',
    ],
    [
      `/pypi/files/${'0'.repeat(64)}/Typing_Extensions-4.12.2-py3-none-any.whl`,
      'pkg:pypi/typing-extensions@4.12.2?file_name=Typing_Extensions-4.12.2-py3-none-any.whl',
    ],
    [`/pypi/files/${'0'.repeat(64)}/six-1.17.0.tar.gz`, 'pkg:pypi/six@1.17.0?file_name=six-1.17.0.tar.gz'],
    ['/npm/@types/node/-/node-24.1.0.tgz', 'pkg:npm/%40types/node@24.1.0'],
    ['/npm/left-pad/-/left-pad-1.3.0.tgz', 'pkg:npm/left-pad@1.3.0'],
    ['/cran/src/contrib/jsonlite_1.8.9.tar.gz', 'pkg:cran/jsonlite@1.8.9'],
    ['/go/github.com/!burnt!sushi/toml/@v/v1.4.0.zip', 'pkg:golang/github.com/BurntSushi/toml@v1.4.0'],
  ])('%s is a file of %s', (path, purl) => {
    expect(packageOfPath(path)).toMatchObject({ isContent: true });
    expect(packageOfPath(path)?.purl.toString()).toBe(purl);
  });

  it.each([
    '/pypi/simple/six/',
    '/maven/org/scala-lang/scala-library/maven-metadata.xml',
    '/npm/left-pad',
    '/cran/src/contrib/PACKAGES.gz',
    '/go/github.com/a/b/@v/list',
    '/',
    '',
  ])('%s belongs to no package', (path) => {
    expect(packageOfPath(path)).toBeUndefined();
  });
});

const set = artifactSetOf('jar', { name: 'daily.jar', digest: digestOf('jar'), size: 3 }, [
  { name: 'lib.jar', digest: digestOf('lib'), size: 3 },
]);
const pom = '/maven/com/acme/lib/1.0/lib-1.0.pom';
const jar = '/maven/com/acme/lib/1.0/lib-1.0.jar';
const inputs = {
  set,
  pipeline: 'daily-sales',
  commit: 'c0ffee',
  served: [
    { path: pom, digest: digestOf('pom'), size: 3, immutable: true },
    { path: jar, digest: digestOf('lib'), size: 3, immutable: true },
    { path: '/maven/com/acme/parent/3/parent-3.pom', digest: digestOf('parent'), size: 3, immutable: true },
    { path: '/maven/com/acme/lib/maven-metadata.xml', digest: digestOf('x'), size: 3, immutable: false },
  ],
  tools: [{ name: 'sbt', version: '1.11.7' }],
  at: 1_700_000_000_000,
};

describe('writeSbom', () => {
  it('is valid CycloneDX and names the artifact, its companions and each package once, with the digest of its content', async () => {
    const text = writeSbom(inputs);
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const bom = JSON.parse(text);
    expect(bom.metadata.component).toMatchObject({
      name: 'daily-sales',
      version: 'c0ffee',
      hashes: [{ alg: 'SHA-256', content: digestOf('jar').slice(7) }],
    });
    expect(bom.metadata.tools.components).toMatchObject([{ name: 'sbt', version: '1.11.7' }]);
    expect(bom.components.map((one: { purl?: string; name: string }) => one.purl ?? one.name).sort()).toEqual([
      'lib.jar',
      'pkg:maven/com.acme/lib@1.0',
      'pkg:maven/com.acme/parent@3',
    ]);
    const lib = bom.components.find((one: { purl?: string }) => one.purl === 'pkg:maven/com.acme/lib@1.0');
    expect(lib).toMatchObject({ group: 'com.acme', hashes: [{ content: digestOf('lib').slice(7) }] });
  });

  it('is the same text for the same build, whatever the order things were served in, and another one for another artifact', () => {
    expect(writeSbom({ ...inputs, served: [...inputs.served].reverse() })).toBe(writeSbom(inputs));
    const other = artifactSetOf('jar', { ...set.primary, digest: digestOf('other') }, []);
    expect(JSON.parse(writeSbom({ ...inputs, set: other })).serialNumber).not.toBe(
      JSON.parse(writeSbom(inputs)).serialNumber,
    );
  });
});
