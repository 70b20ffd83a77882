import { describe, expect, it } from 'vitest';
import { readGatewayPath } from './gateway-path.ts';
import { isImmutable } from './maven.ts';
import { projectsOf } from './pypi.ts';

const door = { registries: ['maven', 'pypi'], mountPath: '' };
const sha = 'a'.repeat(64);

describe('readGatewayPath', () => {
  it('reads Maven and Python paths, encoded or not', () => {
    expect(readGatewayPath('/maven/org/x/1.0%2Bb/x-1.0%2Bb.jar?x=1', door)).toEqual({
      kind: 'maven',
      registry: 'maven',
      path: '/maven/org/x/1.0+b/x-1.0+b.jar',
      below: 'org/x/1.0+b/x-1.0+b.jar',
    });
    expect(readGatewayPath('/pypi/simple/six/', door)).toMatchObject({ kind: 'pypi-project', project: 'six' });
    expect(readGatewayPath(`/pypi/files/${sha}/six-1.0.tar.gz`, door)).toMatchObject({
      kind: 'pypi-file',
      fileName: 'six-1.0.tar.gz',
      isMetadata: false,
    });
    expect(readGatewayPath(`/pypi/files/${sha}/a.whl.metadata`, door)).toMatchObject({
      kind: 'pypi-file',
      fileName: 'a.whl',
      isMetadata: true,
    });
    expect(readGatewayPath('/deps/maven/a/b', { ...door, mountPath: '/deps' })).toMatchObject({
      kind: 'maven',
      path: '/maven/a/b',
    });
  });

  it('sends other spellings of a project to the one it has', () => {
    expect(readGatewayPath('/pypi/simple/Py_Spark', door)).toMatchObject({
      kind: 'redirect',
      location: '/pypi/simple/py-spark/',
    });
    expect(readGatewayPath('/deps/pypi/simple/six', { ...door, mountPath: '/deps' })).toMatchObject({
      location: '/deps/pypi/simple/six/',
    });
  });

  it.each([
    '/maven/',
    '/maven',
    '/maven/org/',
    '/pypi/',
    '/pypi/simple/',
    '/pypi/files/short/x',
    `/pypi/files/${sha}/`,
    `/pypi/files/${sha}/a/b`,
  ])('has nothing at %s', (url) => {
    expect(readGatewayPath(url, door)).toMatchObject({ kind: 'nothing' });
  });

  it.each([
    '/maven/../etc/passwd',
    '/maven/%2e%2e/etc/passwd',
    '/maven/a/./b',
    '/maven//a',
    '/maven/a%2fb',
    '/maven/a%2Fb',
    '/maven/a%5cb',
    '/maven/a\\b',
    '/maven/a%00b',
    '/maven/a%0ab',
    '/maven/a%0d%0aX-Header:1',
    '/maven/a b',
    '/maven/a%20b',
    '/maven/a%ff',
    '/maven/%c3%bc',
    '/maven/a;b',
    `/maven/${'a'.repeat(1100)}`,
    'http://evil.example.org/maven/a',
    'maven/a',
    '',
    '/',
    '/npm/left-pad',
    '/MAVEN/a',
    '//maven/a',
  ])('denies %j', (url) => {
    expect(() => readGatewayPath(url, door)).toThrow(expect.objectContaining({ code: 'gateway.denied' }));
  });

  it('denies a registry that the door was not opened for', () => {
    expect(() => readGatewayPath('/pypi/simple/six/', { registries: ['maven'], mountPath: '' })).toThrow(
      /"pypi" is not allowed here, only maven/,
    );
  });
});

describe('isImmutable', () => {
  it.each(['org/x/1.0/x-1.0.jar', 'org/x/1.0/x-1.0.pom.sha1', 'org/snapshot/1/x.jar'])('keeps %s for ever', (path) => {
    expect(isImmutable(path)).toBe(true);
  });
  it.each([
    'org/x/maven-metadata.xml',
    'org/x/maven-metadata.xml.sha1',
    'org/x/1-SNAPSHOT/x-1-2026.jar',
    'archetype-catalog.xml',
  ])('asks again for %s', (path) => {
    expect(isImmutable(path)).toBe(false);
  });
});

describe('projectsOf', () => {
  it('reads the project off a file name', () => {
    expect(projectsOf('py_spark-4.0.1-py3-none-any.whl')).toEqual(['py-spark']);
    expect(projectsOf('apache-airflow-2.0.tar.gz')).toEqual(['apache-airflow', 'apache']);
    expect(projectsOf('nodash')).toEqual([]);
  });
});
