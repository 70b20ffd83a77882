import { BuildPlan, PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, PlanStep, TreeSnapshot } from '@slowlane/contracts';
import { defaultMavenVersion, fetchZipFile, fetchZipStep, jdkFor, mavenCommand, mavenEnv } from '@slowlane/kit';
import { artifactFiles, artifactOf } from './artifact-of.ts';
import { coordinatesOf, jarPom, jarSettings } from './jar-pom.ts';
import type { Artifact } from './schema.ts';
import { takeJar } from './take-jar.ts';
import { webAddressOf } from './web-address.ts';

/** Nothing is compiled: `resolve` takes the JAR from the gateway, `build` checks it without network, and what was taken then is looked into like any other. */
export function plan(tree: TreeSnapshot, config: PlanConfig): BuildPlan {
  if (config.coverage)
    throw new PlanRefusal('plan.refused', 'build.coverage: a prebuilt JAR has no tests', {
      hint: 'Remove build.coverage from the pipeline file.',
    });
  const { artifact, source } = artifactOf(tree, config.options);
  const taking = artifact.maven === undefined ? fromWeb(artifact, source) : fromRepository(artifact, artifact.maven);
  return BuildPlan.parse({
    plugin: 'jar',
    prebuilt: true,
    tools: [jdkFor(config)],
    dependencyFiles: [
      ...artifactFiles.filter((file) => tree.contents[file] !== undefined),
      ...(artifact.signature === undefined ? [] : [artifact.signature.keys]),
    ],
    ...taking,
    ...trustOf(artifact),
    output: {
      kind: 'jar',
      primary: { include: ['out/jar/*.jar'] },
      companions: { include: ['out/lib/*.jar'] },
    },
  });
}

interface Taking {
  files: BuildPlan['files'];
  steps: Omit<PlanStep, 'cwd'>[];
  registries: string[];
}

const takeFile = { path: 'home/TakeJar.java', content: takeJar };

function fromWeb(artifact: Artifact, source: string): Taking {
  const { path, fileName } = webAddressOf(artifact, source);
  const folder = '/work/home/jar';
  return {
    files: [takeFile],
    steps: [
      fetchStep('jar: fetch', path, `${folder}/${fileName}`),
      ...signatureSteps(artifact, { path, fileName, phase: 'resolve' }),
      ...bundleSteps(artifact, { path, phase: 'resolve' }),
      takeStep(folder, exactly(fileName), artifact.sha256),
      ...signatureSteps(artifact, { path, fileName, phase: 'build' }),
      ...bundleSteps(artifact, { path, phase: 'build' }),
    ],
    registries: ['web'],
  };
}

/** Maven resolves, because only it knows all that a POM can say; of what it copies, the one with the JAR's own name is the artifact. */
function fromRepository(artifact: Artifact, maven: string): Taking {
  const { group, artifact: name, version, classifier } = coordinatesOf(maven);
  const repository = artifact.repository ?? 'maven';
  const fileName = `${[name, version, ...(classifier === undefined ? [] : [classifier])].join('-')}.jar`;
  const path = `${repository}/${group.replaceAll('.', '/')}/${name}/${version}/${fileName}`;
  const copy = (offline: boolean): string[] =>
    mavenCommand(
      [
        '--file=/work/home/jar/pom.xml',
        'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
        '-DincludeScope=runtime',
        '-DincludeTypes=jar',
        '-Dmdep.useBaseVersion=false',
        '-DoutputDirectory=/work/out/lib',
        // Part of the name of what is depended on, also where it is said in the pipeline file.
        `-Dslowlane.artifact=${[maven, ...[artifact.companions ?? []].flat()].join(',')}`,
        ...(version.endsWith('-SNAPSHOT') ? ['--update-snapshots'] : []),
      ],
      { version: defaultMavenVersion, offline, isSmall: true },
    );
  return {
    files: [
      { path: 'home/settings.xml', content: jarSettings },
      { path: 'home/jar/pom.xml', content: jarPom(artifact) },
      takeFile,
      fetchZipFile,
    ],
    steps: [
      fetchZipStep({
        name: `jar: fetch Maven ${defaultMavenVersion}`,
        tool: `Maven ${defaultMavenVersion}`,
        path: `maven/org/apache/maven/apache-maven/${defaultMavenVersion}/apache-maven-${defaultMavenVersion}-bin.zip`,
        folder: `maven-${defaultMavenVersion}`,
        sha256: undefined,
        env: mavenEnv(),
      }),
      mavenStep('jar: resolve it and its libraries', 'resolve', copy(false)),
      ...signatureSteps(artifact, { path, fileName, phase: 'resolve' }),
      ...bundleSteps(artifact, { path, phase: 'resolve' }),
      mavenStep('jar: copy it and its libraries', 'build', copy(true)),
      takeStep('/work/out/lib', nameOf(name, version, classifier), artifact.sha256),
      ...signatureSteps(artifact, { path, fileName, phase: 'build' }),
      ...bundleSteps(artifact, { path, phase: 'build' }),
    ],
    registries: [...new Set([repository, 'maven'])],
  };
}

/** Texts of Maven 3.9. */
const unresolved = [
  'Cannot access slowlane.* in offline mode',
  'Could not (?:find|resolve|transfer) (?:artifact|dependencies)',
];

function mavenStep(name: string, phase: 'resolve' | 'build', argv: string[]): Omit<PlanStep, 'cwd'> {
  return {
    name,
    phase,
    argv,
    env: mavenEnv(),
    missPatterns:
      phase === 'build' ? [...unresolved, 'class org\\.codehaus\\.plexus\\.classworlds\\.launcher\\.Launcher'] : [],
    failurePatterns: [
      { pattern: 'status: 403|status code: 403', code: 'build.egress-denied' },
      ...unresolved.map((pattern) => ({ pattern, code: 'build.dependency' as const })),
    ],
  };
}

function fetchStep(name: string, path: string, file: string): Omit<PlanStep, 'cwd'> {
  return {
    name,
    phase: 'resolve',
    argv: ['java', '/work/home/TakeJar.java', 'fetch', path, file],
    env: mavenEnv(),
    missPatterns: [],
    failurePatterns: [
      { pattern: 'HTTP 403', code: 'build.egress-denied' },
      { pattern: 'Could not fetch it', code: 'build.dependency' },
    ],
  };
}

/** gpgv trusts the keys it is given and nothing else. */
function signatureSteps(
  { signature }: Artifact,
  { path, fileName, phase }: { path: string; fileName: string; phase: 'resolve' | 'build' },
): Omit<PlanStep, 'cwd'>[] {
  if (signature === undefined) return [];
  const [keys, file] = ['/work/home/signature/keys.gpg', '/work/home/signature/jar.asc'];
  if (phase === 'resolve') return [fetchStep('jar: fetch its signature', `${path}.asc`, file)];
  const step = { phase, env: mavenEnv(), missPatterns: [] } as const;
  const failure = (pattern: string): PlanStep['failurePatterns'] => [{ pattern, code: 'build.dependency' }];
  return [
    {
      ...step,
      name: 'jar: read the public keys',
      argv: ['java', '/work/home/TakeJar.java', 'dearmor', `/work/src/${signature.keys}`, keys],
      missPatterns: [],
      failurePatterns: failure('The project has no '),
    },
    {
      ...step,
      name: 'jar: check its signature',
      argv: ['gpgv', '--keyring', keys, file, `/work/out/jar/${fileName}`],
      missPatterns: [],
      failurePatterns: failure("BAD signature|Can't check signature|verify signatures failed|[Nn]o valid OpenPGP"),
    },
  ];
}

const bundlePath = 'out/trust/jar.sigstore.json';

/** The bundle is only brought along: it is held against the JAR where no build can lie about it. */
function bundleSteps(
  { sigstore }: Artifact,
  { path, phase }: { path: string; phase: 'resolve' | 'build' },
): Omit<PlanStep, 'cwd'>[] {
  if (sigstore === undefined) return [];
  const kept = '/work/home/sigstore/jar.sigstore.json';
  const beside = sigstore.bundle === undefined ? `${path}.sigstore.json` : path.replace(/[^/]*$/, sigstore.bundle);
  if (phase === 'resolve') return [fetchStep('jar: fetch its Sigstore bundle', beside, kept)];
  return [
    {
      name: 'jar: bring its Sigstore bundle',
      phase,
      argv: ['install', '-D', '--mode=644', kept, `/work/${bundlePath}`],
      env: mavenEnv(),
      missPatterns: ['cannot stat'],
      failurePatterns: [],
    },
  ];
}

/** What the core holds the collected bytes against. */
function trustOf({ sha256, signature, sigstore }: Artifact): Pick<BuildPlan, 'trust'> {
  if ((sha256 ?? signature ?? sigstore) === undefined) return {};
  return {
    trust: {
      ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
      ...(signature === undefined ? {} : { openpgp: { keys: signature.keys } }),
      ...(sigstore === undefined
        ? {}
        : { sigstore: { bundle: bundlePath, identity: sigstore.identity, issuer: sigstore.issuer } }),
    },
  };
}

function takeStep(folder: string, pattern: string, sha256: string | undefined): Omit<PlanStep, 'cwd'> {
  return {
    name: 'jar: check',
    phase: 'build',
    argv: [
      'java',
      '/work/home/TakeJar.java',
      'take',
      folder,
      pattern,
      '/work/out/jar',
      ...(sha256 === undefined ? [] : [sha256.toLowerCase()]),
    ],
    env: mavenEnv(),
    missPatterns: ['The JAR has not been fetched yet'],
    failurePatterns: [{ pattern: 'sha256 is|Several JARs fit', code: 'build.dependency' }],
  };
}

/** A SNAPSHOT has the time of its making in the place of that word. */
function nameOf(name: string, version: string, classifier: string | undefined): string {
  const times = version.endsWith('-SNAPSHOT')
    ? `${exactly(version.slice(0, -'SNAPSHOT'.length))}(?:SNAPSHOT|[0-9]{8}\\.[0-9]{6}-[0-9]+)`
    : exactly(version);
  return `${exactly(name)}-${times}${classifier === undefined ? '' : `-${exactly(classifier)}`}\\.jar`;
}

function exactly(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/g, '\\$&');
}
