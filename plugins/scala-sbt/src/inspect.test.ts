import { runtimes } from '@slowlane/contracts';
import type { ArtifactView, Expectation, Runtime } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { inspect } from './inspect.ts';
import { task } from './task.ts';

const jar: ArtifactView = {
  kind: 'jar',
  name: 'app.jar',
  size: 1,
  entries: [],
  contents: {},
  classFile: { major: 61, example: 'a/One.class' },
  mainClasses: ['a.Two', 'a.One'],
  scala: { version: '2.13', evidence: 'app_2.13.jar' },
  companions: [],
};
const expectation: Expectation = { runtime: runtimes[0] as Runtime, main: 'a.One' };

describe('inspect', () => {
  it('keeps what it found', () => {
    expect(inspect(jar, expectation)).toEqual({
      plugin: 'scala-sbt',
      kind: 'jar',
      main: 'a.One',
      mainCandidates: ['a.One', 'a.Two'],
      scala: '2.13',
      classFile: 61,
      spark: 'provided',
    });
  });

  it('names the candidates where the main class is missing', () => {
    expect(() => inspect(jar, { ...expectation, main: 'a.Three' })).toThrow(
      expect.objectContaining({
        code: 'artifact.main-class-missing',
        message: 'app.jar has no class a.Three with a main method',
        candidates: ['a.One', 'a.Two'],
      }) as Error,
    );
  });

  it('tells both Scala versions and the evidence', () => {
    const other = { ...jar, scala: { version: '2.12', evidence: 'app_2.12.jar' } };
    expect(() => inspect(other, expectation)).toThrow(
      'app.jar is built for Scala 2.12 (app_2.12.jar), the runtime 17.3.x-scala2.13 has Scala 2.13',
    );
  });

  it('tells Java versions, not class-file numbers alone', () => {
    const newer = { ...jar, classFile: { major: 65, example: 'a/One.class' } };
    expect(() => inspect(newer, expectation)).toThrow(
      'a/One.class is compiled for Java 21 (class file 65), the runtime 17.3.x-scala2.13 has Java 17',
    );
  });

  it.each([
    [{ ...jar, entries: [{ path: 'org/apache/spark/SparkContext.class', size: 1 }] }],
    [{ ...jar, companions: [{ name: 'spark-core_2.13-4.0.1.jar', size: 1 }] }],
  ])('sees a Spark that is brought along', (artifact) => {
    expect(inspect(artifact, expectation).spark).toBe('bundled');
  });
});

describe('task', () => {
  it('loads the artifact first, then its companions by name', () => {
    expect(
      task(inspect(jar, expectation), {
        primary: '/V/app.jar',
        companions: { 'b.jar': '/V/b.jar', 'a.jar': '/V/a.jar' },
      }),
    ).toEqual({
      task: { spark_jar_task: { main_class_name: 'a.One' } },
      libraries: [{ jar: '/V/app.jar' }, { jar: '/V/a.jar' }, { jar: '/V/b.jar' }],
    });
  });
});
