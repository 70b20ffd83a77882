import { ArtifactManifest, BuildPlan, TaskSettings, errorCodes, findRuntime, runtimes } from '@slowlane/contracts';
import type {
  ArtifactView,
  Detection,
  Expectation,
  LanguagePlugin,
  PlanConfig,
  Runtime,
  TreeSnapshot,
} from '@slowlane/contracts';
import { canonicalJson, isLinearPattern, matchesGlob } from '@slowlane/kit';
import type { Finding } from './sandbox-contract-suite.ts';

/** What a plugin brings to be tested on: `__fixtures__/contract.json` in its folder. */
export interface PluginFixtures {
  projects: ProjectFixture[];
  artifacts: ArtifactFixture[];
}

export interface ProjectFixture {
  name: string;
  /** path -> text; what `reads` does not match is an entry only. */
  files: Record<string, string>;
  config?: Partial<PlanConfig>;
  detect: Detection['match'];
  /** Code that `plan` must refuse with; absent where it must plan. */
  refusal?: string;
}

export interface ArtifactFixture {
  name: string;
  artifact: Omit<ArtifactView, 'classFile' | 'scala'> & Partial<Pick<ArtifactView, 'classFile' | 'scala'>>;
  main?: string;
  runtime?: string;
  /** Main that `inspect` must find, or the code it must refuse with. */
  expect: { main: string } | { refusal: string };
}

/** A plugin in this process, or one in the plugin host: there every call takes a moment. */
export type CalledPlugin = {
  [K in keyof LanguagePlugin]: LanguagePlugin[K] extends (...args: infer A) => infer R
    ? (...args: A) => R | Promise<R>
    : LanguagePlugin[K];
};

type Check = [sentence: string, check: () => void | Promise<void>];

/**
 * Every sentence of the plugin contract that can be checked without a sandbox, held against one plugin: pure, synchronous, valid and repeatable answers,
 * plans that stay inside `/work` and inside the manifest, refusals by code. Never throws for anything the plugin does.
 */
export async function pluginContractSuite(plugin: LanguagePlugin, fixtures: PluginFixtures): Promise<Finding[]> {
  return hostedPluginSuite(synchronous(plugin), fixtures);
}

/** The same for a plugin in the plugin host, which makes its answers plain and in time. */
export async function hostedPluginSuite(plugin: CalledPlugin, fixtures: PluginFixtures): Promise<Finding[]> {
  const checks: Check[] = [
    ...manifestChecks(plugin),
    ...robustnessChecks(plugin),
    ...fixtures.projects.flatMap((project) => projectChecks(plugin, project)),
    ...fixtures.artifacts.flatMap((fixture) => artifactChecks(plugin, fixture)),
    [
      "the fixtures hold a project that is planned and one that is not the plugin's",
      async () => {
        must(
          fixtures.projects.some((project) => project.detect === 'yes' && project.refusal === undefined),
          'no project that is planned',
        );
        must(
          fixtures.projects.some((project) => project.detect === 'no'),
          'no foreign project',
        );
      },
    ],
    [
      'the fixtures hold an artifact that fits and one that is refused',
      async () => {
        must(
          fixtures.artifacts.some((one) => 'main' in one.expect),
          'no artifact that fits',
        );
        must(
          fixtures.artifacts.some((one) => 'refusal' in one.expect),
          'no artifact that is refused',
        );
      },
    ],
  ];
  const findings: Finding[] = [];
  for (const [test, check] of checks) findings.push(await findingOf(test, check));
  return findings;
}

function synchronous(plugin: LanguagePlugin): CalledPlugin {
  const now = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      const value = call(...args);
      must(!(value instanceof Promise), 'answers with a promise: plugins are synchronous');
      return value;
    };
  };
  return {
    manifest: plugin.manifest,
    detect: now((tree) => plugin.detect(tree)),
    plan: now((tree, config) => plugin.plan(tree, config)),
    inspect: now((artifact, expectation) => plugin.inspect(artifact, expectation)),
    task: now((manifest, published, expectation) => plugin.task(manifest, published, expectation)),
  };
}

async function findingOf(test: string, check: Check[1]): Promise<Finding> {
  try {
    await check();
    return { test, ok: true, detail: '' };
  } catch (error) {
    return { test, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function manifestChecks({ manifest }: CalledPlugin): Check[] {
  return [
    [
      'the manifest is plain data of contract 1',
      async () => {
        must(manifest.contract === 1, `contract ${String(manifest.contract)}`);
        must(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(manifest.id), `id "${manifest.id}" is not kebab-case`);
        must(/^\d+\.\d+\.\d+$/.test(manifest.version), `version "${manifest.version}" is not x.y.z`);
        must(isPlain(manifest), 'not the same after a round trip through JSON');
      },
    ],
    [
      'configSchema is a JSON Schema of an object that refuses unknown keys',
      async () => {
        must(manifest.configSchema['type'] === 'object', `type ${String(manifest.configSchema['type'])}`);
        must(manifest.configSchema['additionalProperties'] === false, 'additionalProperties is not false');
      },
    ],
    [
      'reads names files with a cap of at most 1 MiB',
      async () => {
        must(manifest.reads.length > 0, 'reads nothing');
        for (const { glob, maxBytes } of manifest.reads)
          must(maxBytes > 0 && maxBytes <= 1_048_576, `${glob}: ${maxBytes} bytes`);
      },
    ],
  ];
}

/** Trees that no author would write on purpose: strangers push them all the same. */
function robustnessChecks(plugin: CalledPlugin): Check[] {
  const names = plugin.manifest.reads.map(({ glob }) => glob.replaceAll('**/', '').replaceAll('*', 'x'));
  const texts = [
    '',
    '\0',
    '[[[[',
    '= = =',
    '"'.repeat(10_000),
    '('.repeat(10_000),
    'a = {'.repeat(2_000),
    '\ufeff\r\n\r',
    `/*${'/*'.repeat(5_000)}`,
  ];
  return [
    [
      "an empty tree is not the plugin's",
      async () => must((await plugin.detect(frozen(treeOf(plugin, {})))).match === 'no', 'detected'),
    ],
    [
      'detect answers for broken files instead of throwing',
      async () => {
        for (const name of names)
          for (const text of texts) checkDetection(await plugin.detect(treeOf(plugin, { [name]: text })));
      },
    ],
    [
      'detect answers when a file is too large to be read',
      async () => {
        for (const name of names)
          checkDetection(await plugin.detect({ entries: [{ path: name, size: 1e9 }], contents: {} }));
      },
    ],
    [
      'plan plans or refuses broken files, and throws nothing else',
      async () => {
        for (const name of names)
          for (const text of texts) await outcome(() => plugin.plan(treeOf(plugin, { [name]: text }), configOf({})));
      },
    ],
  ];
}

function projectChecks(plugin: CalledPlugin, project: ProjectFixture): Check[] {
  const tree = (): TreeSnapshot => frozen(treeOf(plugin, project.files));
  const config = frozen(configOf(project.config ?? {}));
  const detects: Check = [
    `${project.name}: detect says ${project.detect}`,
    async () => {
      const detection = await plugin.detect(tree());
      checkDetection(detection);
      must(detection.match === project.detect, canonicalJson(detection));
    },
  ];
  if (project.detect !== 'yes') return [detects];
  if (project.refusal !== undefined) {
    const { refusal } = project;
    return [
      detects,
      [`${project.name}: plan refuses with ${refusal}`, () => mustRefuse(() => plugin.plan(tree(), config), refusal)],
    ];
  }
  return [
    detects,
    [
      `${project.name}: the plan is valid, plain and the same each time`,
      async () => {
        const plan = await plugin.plan(tree(), config);
        BuildPlan.parse(plan);
        must(isPlain(plan), 'not the same after a round trip through JSON');
        must(canonicalJson(plan) === canonicalJson(await plugin.plan(tree(), config)), 'another plan the second time');
      },
    ],
    [
      `${project.name}: the plan keeps to the manifest, the tree and /work`,
      async () => checkPlan(plugin, await plugin.plan(tree(), config), tree()),
    ],
    [
      `${project.name}: without tests the plan has no test phase and no reports`,
      async () => {
        const plan = await plugin.plan(tree(), { ...config, runTests: false });
        must(plan.reports.length === 0 && plan.steps.every((step) => step.phase !== 'test'), 'tests are planned');
      },
    ],
    [
      `${project.name}: what coverage asks for is planned or refused, never left out`,
      async () => {
        const plan = await outcome(() => plugin.plan(tree(), { ...config, coverage: true }));
        must(
          plan.refusal !== undefined || plan.value.reports.some((report) => report.kind !== 'junit'),
          'coverage is left out silently',
        );
      },
    ],
  ];
}

function checkPlan({ manifest }: CalledPlugin, plan: BuildPlan, tree: TreeSnapshot): void {
  must(plan.plugin === manifest.id, `signed as ${plan.plugin}`);
  for (const { name } of plan.tools) must(manifest.toolchains.includes(name), `tool ${name} is not in the manifest`);
  for (const name of plan.registries)
    must(manifest.registries.includes(name), `registry ${name} is not in the manifest`);
  for (const path of plan.dependencyFiles)
    must(
      tree.entries.some((entry) => entry.path === path),
      `${path} is not in the tree`,
    );
  must(
    plan.steps.some((step) => step.phase === 'build'),
    'no build step',
  );
  const { primary, companions } = plan.output;
  const paths = [
    ...plan.files.map((file) => file.path),
    ...plan.steps.map((step) => step.cwd),
    ...[primary, companions].flatMap((rule) => rule.include),
  ];
  for (const path of paths) must(!path.startsWith('/') && !path.split('/').includes('..'), `${path} leaves /work`);
  for (const step of plan.steps) {
    must(!/(^|\/)(sh|bash|dash|zsh|cmd)$/.test(step.argv[0] as string), `step "${step.name}" is a shell line`);
    for (const pattern of [...step.missPatterns, ...step.failurePatterns.map((entry) => entry.pattern)])
      must(isLinearPattern(pattern), `pattern ${pattern}`);
    if (step.phase === 'resolve')
      must(step.missPatterns.length === 0, `step "${step.name}" can miss nothing: it resolves`);
  }
  const resolves = plan.steps.some((step) => step.phase === 'resolve');
  must(
    !resolves || plan.steps.some((step) => step.missPatterns.length > 0),
    'no step says how a missing dependency looks',
  );
}

function artifactChecks(plugin: CalledPlugin, fixture: ArtifactFixture): Check[] {
  const artifact = frozen({ classFile: undefined, scala: undefined, ...fixture.artifact }) as ArtifactView;
  const expectation: Expectation = frozen({ runtime: runtimeOf(fixture.runtime), main: fixture.main });
  const { expect } = fixture;
  if ('refusal' in expect)
    return [
      [
        `${fixture.name}: inspect refuses with ${expect.refusal}`,
        () => mustRefuse(() => plugin.inspect(artifact, expectation), expect.refusal),
      ],
    ];
  return [
    [
      `${fixture.name}: inspect finds ${expect.main}`,
      async () => {
        const manifest = await plugin.inspect(artifact, expectation);
        ArtifactManifest.parse(manifest);
        must(isPlain(manifest), 'not the same after a round trip through JSON');
        must(manifest.plugin === plugin.manifest.id, `signed as ${manifest.plugin}`);
        must(manifest.main === expect.main, `found ${manifest.main}`);
        must(
          canonicalJson(manifest) === canonicalJson(await plugin.inspect(artifact, expectation)),
          'another manifest the second time',
        );
      },
    ],
    [
      `${fixture.name}: the task names every published file`,
      async () => {
        const companions = Object.fromEntries(artifact.companions.map(({ name }) => [name, `/Volumes/c/s/v/${name}`]));
        const published = frozen({ primary: `/Volumes/c/s/v/${artifact.name}`, companions });
        const settings = await plugin.task(await plugin.inspect(artifact, expectation), published, expectation);
        const text = JSON.stringify(TaskSettings.parse(settings));
        // Notebooks are published as a folder: the task names the one it runs.
        const isFolder = artifact.kind === 'notebooks' && text.includes(`"${published.primary}/`);
        for (const path of [...(isFolder ? [] : [published.primary]), ...Object.values(companions)])
          must(text.includes(JSON.stringify(path)), `${path} is missing`);
      },
    ],
  ];
}

function checkDetection(detection: Detection): void {
  must(['yes', 'no', 'error'].includes(detection.match), `match ${String(detection.match)}`);
  if (detection.match === 'yes') must(detection.evidence.length > 0, 'yes without evidence');
  if (detection.match === 'error') must(detection.reason.length > 0, 'an error without a reason');
  must(isPlain(detection), 'not plain');
}

async function mustRefuse(call: () => unknown, code: string): Promise<void> {
  const { refusal, value } = await outcome(call);
  must(refusal !== undefined, `answered ${JSON.stringify(value)}`);
  must(refusal === code, `refused with ${refusal}`);
}

type Outcome<T> = { value: T; refusal: undefined } | { value: undefined; refusal: string };

/** The value, or the code of the refusal; anything else that is thrown passes on, as a finding. */
async function outcome<T>(call: () => T): Promise<Outcome<Awaited<T>>> {
  try {
    return { value: await call(), refusal: undefined };
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    if (name !== 'PlanRefusal' || code === undefined) throw error;
    must(
      code === 'plan.refused' ||
        code === 'detect.failed' ||
        (code.startsWith('artifact.') && Object.hasOwn(errorCodes, code)),
      `refused with the code ${code}`,
    );
    must(message.length > 0, `${code} without a message`);
    return { value: undefined, refusal: code };
  }
}

function treeOf({ manifest }: CalledPlugin, files: Record<string, string>): TreeSnapshot {
  const paths = Object.keys(files).sort();
  const isRead = (path: string): boolean =>
    manifest.reads.some(
      ({ glob, maxBytes }) => matchesGlob(path, glob) && new TextEncoder().encode(files[path]).length <= maxBytes,
    );
  return {
    entries: paths.map((path) => ({ path, size: new TextEncoder().encode(files[path]).length })),
    contents: Object.fromEntries(paths.filter(isRead).map((path) => [path, files[path] as string])),
  };
}

function configOf(overrides: Partial<PlanConfig>): PlanConfig {
  return {
    runTests: true,
    coverage: false,
    runtime: runtimeOf(undefined),
    main: undefined,
    artifact: undefined,
    options: {},
    toolchains: [
      { name: 'jdk', version: '17.0.15' },
      { name: 'python', version: '3.11.2' },
      { name: 'sbt-launcher', version: '1.11.7' },
    ],
    ...overrides,
  };
}

function runtimeOf(version: string | undefined): Runtime {
  const runtime = version === undefined ? runtimes[0] : findRuntime(version);
  if (runtime === undefined) throw new Error(`the fixture names an unknown runtime: ${version}`);
  return runtime;
}

/** The same after JSON: no class, function, date or undefined in it. */
function isPlain(value: unknown): boolean {
  return canonicalJson(JSON.parse(JSON.stringify(value))) === canonicalJson(value);
}

/** A plugin that changes what it was given throws, and so fails. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}
