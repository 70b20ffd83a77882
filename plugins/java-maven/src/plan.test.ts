import { runtimes } from '@slowlane/contracts';
import type { PlanConfig, Runtime, TreeSnapshot } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { plan } from './plan.ts';

const config: PlanConfig = {
  runTests: true,
  coverage: false,
  runtime: runtimes[0] as Runtime,
  main: undefined,
  artifact: undefined,
  options: {},
  toolchains: [
    { name: 'jdk', version: '25.0.1' },
    { name: 'jdk', version: '17.0.15' },
  ],
};

describe('plan', () => {
  it('takes the lowest JDK that the runtime allows, and no Maven of the machine', () => {
    expect(plan(one(), config).tools).toEqual([
      { name: 'jdk', version: '17.0.15', source: `runtime ${config.runtime.version}` },
    ]);
  });

  it('builds without network what it resolved with the gateway, and pins the time of the commit', () => {
    const { steps } = plan(one(), config);
    expect(steps.map((step) => step.phase)).toEqual(['resolve', 'resolve', 'build']);
    expect(steps[2]?.argv).toContain('--offline');
    expect(steps[2]?.argv).toContain('-Dproject.build.outputTimestamp=${sourceDateEpoch}');
    expect(steps[1]?.argv).not.toContain('--offline');
  });

  it('copies the run-time libraries beside a thin JAR, and none beside a fat one', () => {
    expect(plan(one(), config).output.companions.include).toEqual(['out/lib/*.jar']);
    const fat = plan(one(pluginXml('maven-shade-plugin', '')), config);
    expect(fat.output.companions.include).toEqual([]);
    expect(fat.steps[2]?.argv.join(' ')).not.toContain('copy-dependencies');
  });

  it.each([
    ['a shaded JAR in the place of the thin one', pluginXml('maven-shade-plugin', ''), 'src/target/*.jar'],
    [
      'a shaded JAR beside it',
      pluginXml('maven-shade-plugin', '<shadedArtifactAttached>true</shadedArtifactAttached>'),
      'src/target/*-shaded.jar',
    ],
    [
      'a shaded JAR with a name of its own',
      pluginXml(
        'maven-shade-plugin',
        '<shadedArtifactAttached>true</shadedArtifactAttached><shadedClassifierName>all</shadedClassifierName>',
      ),
      'src/target/*-all.jar',
    ],
    [
      'an assembly',
      pluginXml(
        'maven-assembly-plugin',
        '<descriptorRefs><descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs>',
      ),
      'src/target/*-jar-with-dependencies.jar',
    ],
  ])('finds %s', (_, plugin, glob) => {
    expect(plan(one(plugin), config).output.primary.include).toEqual([glob]);
  });

  it('knows the plugins that a module inherits from the POM above it', () => {
    const tree = treeOf({
      'pom.xml': `<project><artifactId>all</artifactId><packaging>pom</packaging><modules><module>app</module></modules>${pluginXml('maven-shade-plugin', '')}</project>`,
      'app/pom.xml': '<project><parent><artifactId>all</artifactId></parent><artifactId>app</artifactId></project>',
    });
    const made = plan(tree, config);
    expect(made.output.companions.include).toEqual([]);
    expect(made.steps[2]?.argv.slice(-3)).toEqual(['--projects', 'app', '--also-make']);
  });

  it('lists the modules where it cannot know the driver', () => {
    const tree = treeOf({
      'pom.xml':
        '<project><artifactId>all</artifactId><packaging>pom</packaging><modules><module>core</module><module>app</module></modules></project>',
      'core/pom.xml': '<project><artifactId>core</artifactId></project>',
      'app/pom.xml': '<project><artifactId>app</artifactId></project>',
    });
    expect(() => plan(tree, config)).toThrow(
      expect.objectContaining({
        message: '2 modules make a JAR: core, app',
        candidates: ['core', 'app'],
        hint: 'Name the driver in the pipeline file: build: { options: { module: core } }',
      }) as Error,
    );
    expect(plan(tree, { ...config, options: { module: 'app' } }).output.primary.include).toEqual([
      'src/app/target/*.jar',
    ]);
    expect(() => plan(tree, { ...config, options: { module: 'web' } })).toThrow(/"web" is no module/);
  });

  it('takes the Maven of the wrapper, with the digest that it pins', () => {
    const sha256 = 'a'.repeat(64);
    const tree = treeOf({
      'pom.xml': '<project><artifactId>shop</artifactId></project>',
      '.mvn/wrapper/maven-wrapper.properties': `distributionUrl=https\\://example.org/org/apache/maven/apache-maven/3.9.11/apache-maven-3.9.11-bin.zip\ndistributionSha256Sum=${sha256}\n`,
    });
    expect(plan(tree, config).steps[0]?.argv.slice(-2)).toEqual(['maven-3.9.11', sha256]);
  });
});

function one(build = ''): TreeSnapshot {
  return treeOf({ 'pom.xml': `<project><artifactId>shop</artifactId>${build}</project>` });
}

function pluginXml(artifactId: string, configuration: string): string {
  return `<build><plugins><plugin><artifactId>${artifactId}</artifactId><executions><execution><configuration>${configuration}</configuration></execution></executions></plugin></plugins></build>`;
}

function treeOf(contents: Record<string, string>): TreeSnapshot {
  const entries = Object.entries(contents).map(([path, text]) => ({ path, size: text.length }));
  return { entries, contents };
}
