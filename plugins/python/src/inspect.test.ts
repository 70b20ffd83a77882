import { runtimes } from '@slowlane/contracts';
import type { ArtifactView, Expectation, Runtime } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { inspect } from './inspect.ts';
import { task } from './task.ts';

const expectation: Expectation = { runtime: runtimes[0] as Runtime, main: undefined };

function wheelOf(entryPoints: string, headers = ''): ArtifactView {
  return {
    kind: 'wheel',
    name: 'my_app-1.0-py3-none-any.whl',
    size: 1,
    entries: [],
    contents: {
      'my_app-1.0.dist-info/METADATA': `Metadata-Version: 2.1\nName: my-app\nVersion: 1.0\n${headers}\nName: body\n`,
      'my_app-1.0.dist-info/entry_points.txt': entryPoints,
    },
    classFile: undefined,
    mainClasses: [],
    scala: undefined,
    companions: [],
  };
}

const two = '[console_scripts]\nfirst = my_app.a:main [extra]\n# no\n\n[other.group]\nsecond=my_app.b:Class.run\n';

describe('inspect', () => {
  it('finds an entry point by its name, and by what it calls', () => {
    expect(inspect(wheelOf(two), { ...expectation, main: 'second' })).toMatchObject({
      main: 'second',
      python: { package: 'my-app', version: '1.0' },
    });
    expect(inspect(wheelOf(two), { ...expectation, main: 'my_app.a:main' }).main).toBe('first');
  });

  it('takes the only console script where job.main names nothing', () => {
    expect(inspect(wheelOf(two), expectation)).toMatchObject({ main: 'first', mainCandidates: ['first', 'second'] });
  });

  it('lists the candidates for one that is not there', () => {
    expect(() => inspect(wheelOf(two), { ...expectation, main: 'third' })).toThrow(
      expect.objectContaining({
        code: 'artifact.entry-point-missing',
        candidates: ['first (my_app.a:main)', 'second (my_app.b:Class.run)'],
      }) as Error,
    );
  });

  it('says how to declare one where there is none', () => {
    expect(() => inspect(wheelOf(''), expectation)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('[project.scripts]') as string }) as Error,
    );
  });

  it('keeps what the wheel demands of Python, and refuses a runtime that is older', () => {
    expect(inspect(wheelOf(two, 'Requires-Python: >=3.9\n'), expectation).python?.requiresPython).toBe('>=3.9');
    expect(() => inspect(wheelOf(two, 'Requires-Python: >=3.13\n'), expectation)).toThrow(
      'requires Python >=3.13, the runtime 17.3.x-scala2.13 has 3.12',
    );
  });

  it('refuses compiled companions of another Python by name', () => {
    const artifact = {
      ...wheelOf(two),
      companions: [
        { name: 'n-1-cp311-cp311-linux_x86_64.whl', size: 1 },
        { name: 'p-1-py3-none-any.whl', size: 1 },
      ],
    };
    expect(() => inspect(artifact, expectation)).toThrow(
      expect.objectContaining({
        code: 'artifact.runtime-mismatch',
        candidates: ['n-1-cp311-cp311-linux_x86_64.whl'],
      }) as Error,
    );
  });
});

describe('task', () => {
  it('calls a wheel by package and entry point', () => {
    expect(
      task(inspect(wheelOf(two), expectation), { primary: '/V/a.whl', companions: { 'b.whl': '/V/b.whl' } }),
    ).toEqual({
      task: { python_wheel_task: { package_name: 'my-app', entry_point: 'first' } },
      libraries: [{ whl: '/V/a.whl' }, { whl: '/V/b.whl' }],
    });
  });

  it('runs a script where it lies', () => {
    const script = inspect({ ...wheelOf(''), kind: 'python-script', name: 'job.py' }, expectation);
    expect(task(script, { primary: '/V/job.py', companions: {} })).toEqual({
      task: { spark_python_task: { python_file: '/V/job.py' } },
      libraries: [],
    });
  });
});
