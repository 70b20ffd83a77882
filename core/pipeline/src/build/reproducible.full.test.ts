import { existsSync } from 'node:fs';
import { type BuildRecord, Policy } from '@slowlane/contracts';
import { leaveNote } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartGoBuilder, goExample, startGoBuilder } from '../__fixtures__/go-builder.ts';
import { canStartRealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { stageRig, type StageRig } from '../__fixtures__/stage-rig.ts';
import { templateFiles } from '../__fixtures__/template-files.ts';

interface Project {
  name: string;
  pipeline: string;
  files: Record<string, string>;
  /** What the machine lacks for it. */
  needs?: string;
}

const hasGo = await canStartGoBuilder();
const hasTestthat = ['testthat', 'xml2'].every((name) => existsSync(`/usr/lib/R/site-library/${name}`));
const needsGradle = existsSync('/usr/share/gradle') ? {} : { needs: 'gradle is not installed' };
const needsR =
  existsSync('/usr/bin/Rscript') && hasTestthat ? {} : { needs: 'R with testthat and xml2 is not installed' };

const projects: Project[] = [
  template('driver-scala-sbt'),
  template('driver-java-maven'),
  { ...template('driver-java-gradle'), ...needsGradle },
  template('driver-python-wheel'),
  { ...template('driver-r'), ...needsR },
  { ...template('driver-r-package'), ...needsR },
  template('driver-notebook'),
  template('driver-java-notebook'),
  {
    name: 'a released JAR',
    pipeline: 'tool',
    files: {
      'artifact.yaml': 'maven: org.jacoco:org.jacoco.cli:0.8.15\n',
      '.slowlane/tool.yaml': 'pipeline: tool\njob: { main: org.jacoco.cli.internal.Main }\n',
    },
  },
  {
    name: 'templates/plugin-go/example',
    pipeline: 'zones',
    files: { ...(hasGo ? goExample() : {}), '.slowlane/zones.yaml': 'pipeline: zones\n' },
    ...(hasGo ? {} : { needs: 'there is no Go here' }),
  },
];

interface Machine {
  rig: StageRig;
  close(): Promise<void>;
}

/** Two builders that share nothing but the tools: gateway, dependency caches, sandbox helper and results are each one's own. */
describe.skipIf(!(await canStartRealBuilder()))('the same commit', () => {
  let machines: Machine[] = [];
  beforeAll(async () => {
    machines = [await startMachine(), await startMachine()];
  }, 120_000);
  afterAll(() => Promise.all(machines.map((machine) => machine.close())));

  it.for(projects)(
    'of $name gives the same bytes on two builders without any cache, and from builds at once on one cache',
    { timeout: 900_000 },
    async ({ name, pipeline, files, needs }, { task, skip }) => {
      if (needs !== undefined) skip(needs);
      const [here, there] = machines as [Machine, Machine];
      const cold = [await built(here, pipeline, files), await built(there, pipeline, files)];
      const [first] = cold as [BuildRecord];
      const { plugin: language = '', varies } = first.found;
      const reason = varies === undefined ? {} : { reason: varies.join('; ') };
      leaveNote(task, { kind: 'digests', language, project: name, digests: cold.map(digestOf), ...reason });
      expect(new Set(cold.map(digestOf)).size, cold.map(digestOf).join(' ')).toBe(1);

      // Other trees with the same dependencies: each is built for itself, at the same time, from what the first has left.
      const trees = ['one', 'two'].map((text) => ({ ...files, '.slowlane/note.txt': text }));
      const together = await Promise.all(trees.map((tree) => built(here, pipeline, tree)));
      expect(together.map(({ found }) => found.cachedFrom)).toEqual([undefined, undefined]);
      expect(together.map(digestOf)).toEqual([digestOf(first), digestOf(first)]);
    },
  );
});

async function startMachine(): Promise<Machine> {
  if (hasGo) return startGoBuilder();
  const builder = await startRealBuilder();
  const rig = stageRig({}, { ...builder.deps, policy: Policy.parse({ egress: ['maven', 'pypi'] }) });
  return { rig, close: () => builder.close() };
}

async function built({ rig }: Machine, pipeline: string, files: Record<string, string>): Promise<BuildRecord> {
  const record = await rig.pushed(pipeline, files);
  expect(record.failure, rig.builds.text(record.id).slice(-6_000)).toBeUndefined();
  return record;
}

function digestOf({ found }: BuildRecord): string {
  return found.set?.digest ?? 'none';
}

/** Without its tests, which take most of the time on Spark and leave nothing in the artifact. */
function template(name: string): Project {
  const { pipeline, files } = templateFiles(name);
  const path = `.slowlane/${pipeline}.yaml`;
  const text = files[path] ?? '';
  const quick = /\btest: /.test(text) ? text : text.replace('build: { ', 'build: { test: false, ');
  return { name: `templates/${name}`, pipeline, files: { ...files, [path]: quick } };
}
