import { runtimes } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, Runtime, TreeSnapshot } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { detect } from './detect.ts';
import { plan } from './plan.ts';

const config: PlanConfig = {
  runTests: true,
  coverage: false,
  runtime: runtimes[0] as Runtime,
  main: undefined,
  artifact: undefined,
  options: {},
  toolchains: [{ name: 'python', version: '3.11.2' }],
};
const project = '[build-system]\nrequires = ["setuptools==80.9.0"]\n[project]\nname = "my_app"\nversion = "1"\n';

function treeOf(contents: Record<string, string>): TreeSnapshot {
  return {
    entries: Object.keys(contents)
      .sort()
      .map((path) => ({ path, size: 1 })),
    contents,
  };
}

function argvOf(tree: TreeSnapshot, phase: string, overrides: Partial<PlanConfig> = {}): string[] {
  return plan(tree, { ...config, ...overrides })
    .steps.filter((step) => step.phase === phase)
    .map((step) => step.argv.join(' '));
}

describe('detect', () => {
  it('says where pyproject.toml is broken', () => {
    expect(detect(treeOf({ 'pyproject.toml': '[project]\nname = \n' }))).toMatchObject({
      match: 'error',
      reason: expect.stringContaining('pyproject.toml:2:') as string,
    });
  });

  it('names the scripts of a plain folder, not its tests', () => {
    expect(detect(treeOf({ 'job.py': '', 'test_job.py': '', 'conftest.py': '', 'requirements.txt': '' }))).toEqual({
      match: 'yes',
      evidence: ['job.py', 'requirements.txt'],
    });
  });
});

describe('plan of a wheel', () => {
  it('fetches the declared build tools through the gateway and builds without an index', () => {
    const tree = treeOf({ 'pyproject.toml': project });
    const { steps } = plan(tree, config);
    expect(argvOf(tree, 'resolve')[0]).toBe(
      'python3 -m pip wheel --wheel-dir /work/home/wheelhouse -- setuptools==80.9.0 wheel',
    );
    for (const step of steps) {
      expect(step.env['PIP_INDEX_URL']).toBe(
        step.phase === 'resolve' ? 'http://127.0.0.1:3128/pypi/simple' : undefined,
      );
      expect(step.env['PIP_NO_INDEX']).toBe(step.phase === 'resolve' ? undefined : '1');
      expect(step.env['SOURCE_DATE_EPOCH']).toBe('${sourceDateEpoch}');
    }
  });

  it('tests the built wheel with the test extra, without Spark and without the project itself', () => {
    const pyproject = `${project}[project.optional-dependencies]\ntest = ["my-app[x]", "pyspark>=4", "hypothesis", "pytest==8.4.2"]\n`;
    const tree = treeOf({ 'pyproject.toml': pyproject, 'tests/test_a.py': '' });
    expect(argvOf(tree, 'resolve').at(-1)).toMatch(/-- hypothesis pytest==8\.4\.2$/);
    expect(argvOf(tree, 'test').map((line) => line.split(' ').at(-1))).toEqual([
      '/work/out/test-env',
      'pytest==8.4.2',
      '/work/out/wheel.txt',
      '--junitxml=test-reports/pytest.xml',
    ]);
    expect(argvOf(tree, 'test', { runTests: false })).toEqual([]);
  });

  it('follows dependency groups and adds pytest where none is declared', () => {
    const pyproject = `${project}[dependency-groups]\nbase = ["attrs"]\ntest = [{include-group = "base"}, {include-group = "test"}]\n`;
    expect(argvOf(treeOf({ 'pyproject.toml': pyproject, 'a_test.py': '' }), 'resolve').at(-1)).toMatch(
      /-- attrs pytest$/,
    );
  });

  it("lends the runtime's Spark to the tests where the machine has it", () => {
    const tree = treeOf({ 'setup.py': '', 'tests/test_a.py': '' });
    const pytest = (toolchains: PlanConfig['toolchains']): PlanStep | undefined =>
      plan(tree, { ...config, toolchains }).steps.at(-1);
    expect(pytest([{ name: 'spark', version: '4.0.4' }])?.env['PYTHONPATH']).toBe('/opt/site');
    expect(pytest([])?.env['PYTHONPATH']).toBeUndefined();
  });

  it('refuses a script as its main', () => {
    expect(() => plan(treeOf({ 'pyproject.toml': project }), { ...config, main: 'job.py' })).toThrow(
      expect.objectContaining({ code: 'plan.refused' }) as Error,
    );
  });

  it('takes the Python of the runtime where there are several', () => {
    const toolchains = [
      { name: 'python', version: '3.11.2' },
      { name: 'python', version: '3.12.4' },
    ];
    expect(plan(treeOf({ 'setup.py': '' }), { ...config, toolchains }).tools).toEqual([
      { name: 'python', version: '3.12.4', source: 'runtime 17.3.x-scala2.13' },
    ]);
  });
});

describe('plan of a script', () => {
  it('needs no network where nothing is required', () => {
    const made = plan(treeOf({ 'job.py': 'print(1)' }), config);
    expect(made.steps.map((step) => step.argv)).toEqual([['python3', '-m', 'py_compile', 'job.py']]);
    expect(made.output.primary.include).toEqual(['src/job.py']);
  });

  it('hands pip the requirements without what the runtime provides', () => {
    const made = plan(treeOf({ 'job.py': '', 'requirements.txt': 'requests==2.32.3\npyspark\n' }), config);
    expect(made.files).toEqual([{ path: 'home/slowlane/requirements.txt', content: 'requests==2.32.3\n' }]);
    expect(made.steps.map((step) => step.phase)).toEqual(['resolve', 'build', 'build']);
  });

  it('lists the scripts where job.main names none of them', () => {
    expect(() => plan(treeOf({ 'a.py': '', 'b.py': '' }), { ...config, main: 'c.py' })).toThrow(
      expect.objectContaining({
        code: 'plan.refused',
        message: 'job.main: there is no script "c.py"',
        candidates: ['a.py', 'b.py'],
      }) as Error,
    );
  });

  it('refuses a script that would miss its neighbours on the cluster', () => {
    expect(() =>
      plan(treeOf({ 'a.py': 'from b import x\nimport os', 'b.py': '' }), { ...config, main: 'a.py' }),
    ).toThrow('a.py imports b of the same folder');
  });
});

describe('what pip and pytest say when they fail', () => {
  const { steps } = plan(treeOf({ 'setup.py': '', 'tests/test_a.py': '' }), config);
  const codeOf = (step: PlanStep | undefined, line: string): string | undefined =>
    step?.failurePatterns.find(({ pattern }) => new RegExp(pattern).test(line))?.code;

  it.each([
    ['ERROR: No matching distribution found for no-such-thing==1.0', 'build.dependency'],
    ['ERROR: Could not find a version that satisfies the requirement idna (from versions: none)', 'build.dependency'],
    ['ERROR: HTTP error 403 while getting http://127.0.0.1:3128/pypi/files/x.whl', 'build.egress-denied'],
    ['error: metadata-generation-failed', undefined],
  ])('%s', (line, code) => {
    expect(
      codeOf(
        steps.find((step) => step.phase === 'resolve'),
        line,
      ),
    ).toBe(code);
    expect(
      steps.find((step) => step.phase === 'build')?.missPatterns.some((pattern) => new RegExp(pattern).test(line)),
    ).toBe(code === 'build.dependency');
  });

  it.each([
    ['FAILED tests/test_a.py::test_one - assert 1 == 2', 'build.tests-failed'],
    ['ERROR tests/test_a.py - ImportError: no module', 'build.tests-failed'],
    ['=================== 1 failed, 2 passed in 0.31s ===================', 'build.tests-failed'],
    ['========================== 16 passed in 7.78s ==========================', undefined],
  ])('%s', (line, code) => expect(codeOf(steps.at(-1), line)).toBe(code));
});
