import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, ToolRequirement, TreeSnapshot } from '@slowlane/contracts';
import { type GoMod, isAtLeast, readGoMod } from './go-mod.ts';
import { mainPackage } from './main-package.ts';
import { packProgram } from './pack-program.ts';
import { reportProgram } from './report-program.ts';
import type { Options } from './schema.ts';

const go = '/opt/go/bin/go';

/** Modules come from the gateway in `resolve`; everything after it runs without network. The binary travels in a wheel, because Databricks runs no Go. */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  const mod = modOf(tree);
  const folder = mainPackage(tree, config.main);
  const hasTests = tree.entries.some(({ path }) => path.endsWith('_test.go'));
  const tests = config.runTests && hasTests;
  if (config.coverage && !tests)
    throw new PlanRefusal('plan.refused', 'build.coverage: there are no tests that could cover anything', {
      hint: config.runTests
        ? 'Add *_test.go files, or remove build.coverage.'
        : 'Remove build.coverage or build.test: false.',
    });
  return BuildPlan.parse({
    plugin: 'go',
    tools: [goFor(mod, config), pythonFor(config)],
    files: [
      { path: 'home/slowlane/pack.py', content: packProgram },
      { path: 'home/slowlane/report.py', content: reportProgram },
    ],
    steps: [
      ...(mod.requires
        ? [
            step('resolve', 'go: modules', [go, 'mod', 'download', 'all']),
            // What is compiled now, the standard library above all, is in the cache of the next build.
            step('resolve', 'go: compile', compile(folder, config)),
          ]
        : []),
      step('build', 'go: build', compile(folder, config)),
      step('build', 'go: pack', [
        'python3',
        '-I',
        '/work/home/slowlane/pack.py',
        nameOf(mod, folder),
        '/work/out/program',
      ]),
      ...(tests
        ? [
            step('test', 'go: test', [
              ...['python3', '-I', '/work/home/slowlane/report.py', config.coverage ? 'coverage' : 'plain', go],
              ...['test', '-trimpath', '-json', ...tagsOf(config), './...'],
            ]),
          ]
        : []),
    ],
    dependencyFiles: tree.entries.map(({ path }) => path).filter((path) => /^go\.(mod|sum)$/.test(path)),
    registries: mod.requires ? ['go'] : [],
    reports: [
      ...(tests ? [{ kind: 'junit', glob: 'test-reports/go.xml' }] : []),
      ...(config.coverage ? [{ kind: 'cobertura', glob: 'coverage-reports/go.xml' }] : []),
    ],
    output: { kind: 'wheel', primary: { include: ['out/dist/*.whl'] } },
  });
}

/** `-trimpath` for tests as well: with other flags Go would compile its standard library a second time. */
function compile(folder: string, config: PlanConfig): string[] {
  return [
    ...[go, 'build', '-trimpath', '-buildvcs=false', '-ldflags=-buildid= -s -w'],
    ...tagsOf(config),
    ...['-o', '/work/out/program', folder === '.' ? '.' : `./${folder}`],
  ];
}

function modOf(tree: TreeSnapshot): GoMod {
  const mod = readGoMod(tree.contents['go.mod'] ?? '');
  if (mod === undefined) throw new PlanRefusal('plan.refused', 'go.mod names no module, or is too large');
  if (mod.outside.length > 0)
    throw new PlanRefusal(
      'plan.refused',
      `go.mod replaces a module by ${mod.outside.join(', ')}, which is not in the project`,
      {
        hint: 'A build sees the project folder alone.',
        candidates: mod.outside,
      },
    );
  if (mod.requires && !tree.entries.some(({ path }) => path === 'go.sum'))
    throw new PlanRefusal('plan.refused', 'go.mod requires modules and there is no go.sum', {
      hint: 'Run "go mod tidy" and commit go.sum: it pins the digests that are checked here.',
    });
  return mod;
}

function nameOf({ module }: GoMod, folder: string): string {
  const last = (folder === '.' ? module.replace(/\/v\d+$/, '') : folder).split('/').at(-1) as string;
  return (
    last
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '') || 'program'
  );
}

function tagsOf({ options }: PlanConfig): string[] {
  const { tags = [] } = options as Options;
  return tags.length === 0 ? [] : [`-tags=${tags.join(',')}`];
}

/** `GOTOOLCHAIN=local`: the version is the machine's, never one that Go would download. */
function goFor(mod: GoMod, { toolchains }: PlanConfig): ToolRequirement {
  const found = toolchains.find(({ name, version }) => name === 'go' && isAtLeast(version, mod.go));
  return { name: 'go', version: found?.version ?? mod.go, source: 'go.mod' };
}

function pythonFor({ toolchains, runtime }: PlanConfig): ToolRequirement {
  const found = toolchains.find(({ name }) => name === 'python');
  return { name: 'python', version: found?.version ?? runtime.python, source: `runtime ${runtime.version}` };
}

/** Texts of Go 1.19 to 1.26. */
const missing = 'module lookup disabled by GOPROXY=off';

function step(phase: PlanStep['phase'], name: string, argv: string[]): PlanStep {
  return {
    name,
    phase,
    argv,
    cwd: '.',
    env: {
      GOPROXY: phase === 'resolve' ? 'http://127.0.0.1:3128/go' : 'off',
      // go.sum is checked; the public checksum database is not reachable from a build.
      GONOSUMDB: '*',
      GONOSUMCHECK: '1',
      GOSUMDB: 'off',
      GOFLAGS: '-mod=readonly -modcacherw',
      GOTOOLCHAIN: 'local',
      GOTELEMETRY: 'off',
      GOENV: 'off',
      GOWORK: 'off',
      GOMODCACHE: '/work/home/go/mod',
      GOCACHE: '/work/home/go/cache',
      GOPATH: '/work/home/go',
      GOMAXPROCS: '${cpus}',
      CGO_ENABLED: '0',
    },
    missPatterns: phase === 'resolve' ? [] : [missing],
    failurePatterns: [
      { pattern: '403 Forbidden', code: 'build.egress-denied' },
      {
        pattern: `${missing}|: reading http://127\\.0\\.0\\.1:3128|SECURITY ERROR|missing go\\.sum entry`,
        code: 'build.dependency',
      },
      { pattern: '^--- FAIL|^slowlane: [0-9]+ tests failed', code: 'build.tests-failed' },
    ],
  };
}
