import { runtimes } from '@slowlane/contracts';
import type { PlanConfig, Runtime, TreeSnapshot } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { jarPom } from './jar-pom.ts';
import { plan } from './plan.ts';

const config: PlanConfig = {
  runTests: true,
  coverage: false,
  runtime: runtimes[0] as Runtime,
  main: undefined,
  artifact: undefined,
  options: {},
  toolchains: [{ name: 'jdk', version: '17.0.15' }],
};
const sha256 = 'a'.repeat(64);

describe('plan', () => {
  it('copies the JAR apart from its libraries', () => {
    const made = plan(treeOf('maven: org.example:shop:1.0'), config);
    expect(made.output).toMatchObject({
      primary: { include: ['out/jar/*.jar'] },
      companions: { include: ['out/lib/*.jar'] },
    });
    expect(made.prebuilt).toBe(true);
    expect(made.registries).toEqual(['maven']);
    expect(made.steps.map((step) => step.phase)).toEqual(['resolve', 'resolve', 'build', 'build']);
    expect(made.steps[2]?.argv).toContain('--offline');
  });

  it('asks the named repository first, and takes its libraries from the default one too', () => {
    const made = plan(treeOf('maven: org.example:shop:1.0\nrepository: company'), config);
    expect(made.registries).toEqual(['company', 'maven']);
    expect(made.files.find((file) => file.path === 'home/jar/pom.xml')?.content).toContain(
      '<url>http://127.0.0.1:3128/company/</url>',
    );
  });

  it.each([
    ['1.0', 'shop-1.0.jar', ['shop-1.00.jar', 'shop-1x0.jar', 'shop-1.0-sources.jar']],
    ['1.0-SNAPSHOT', 'shop-1.0-20260102.030405-7.jar', ['shop-1.0-20260102.030405-7-sources.jar', 'shop-1.0-x.jar']],
    ['1.0:all', 'shop-1.0-all.jar', ['shop-1.0.jar']],
  ])('knows the file of version %s', (version, name, others) => {
    const step = plan(treeOf(`maven: org.example:shop:${version}`), config).steps.at(-1);
    const pattern = new RegExp(`^(?:${step?.argv[4] ?? ''})$`);
    expect(pattern.test(name)).toBe(true);
    expect(others.filter((other) => pattern.test(other))).toEqual([]);
  });

  it('looks for newer snapshots, and never for newer releases', () => {
    const flags = (version: string) => plan(treeOf(`maven: g:a:${version}`), config).steps[1]?.argv ?? [];
    expect(flags('1.0-SNAPSHOT')).toContain('--update-snapshots');
    expect(flags('1.0')).not.toContain('--update-snapshots');
  });

  it('holds the JAR against the digest of the project', () => {
    const made = plan(treeOf(`maven: g:a:1.0\nsha256: ${sha256.toUpperCase()}`), config);
    expect(made.steps.at(-1)?.argv.at(-1)).toBe(sha256);
  });

  it('takes addresses and files of releases by the registry of single files', () => {
    const made = plan(treeOf(`url: https://files.example.org:8443/x/shop-1.0.jar\nsha256: ${sha256}`), config);
    expect(made.registries).toEqual(['web']);
    expect(made.steps[0]?.argv).toContain('web/https/files.example.org:8443/x/shop-1.0.jar');
    const release = plan(treeOf('github: { repo: acme/shop, tag: v1.0, asset: shop.jar }'), config);
    expect(release.steps[0]?.argv).toContain('web/https/github.com/acme/shop/releases/download/v1.0/shop.jar');
  });

  it('brings the Sigstore bundle beside the JAR, for the core to check', () => {
    const sigstore = 'sigstore: { identity: build@example.org, issuer: "https://id.example.org" }';
    const made = plan(treeOf(`maven: org.example:shop:1.0\n${sigstore}`), config);
    expect(made.steps.map((step) => step.argv.at(-2))).toContain(
      'maven/org/example/shop/1.0/shop-1.0.jar.sigstore.json',
    );
    expect(made.steps.at(-1)?.argv.at(-1)).toBe(`/work/${made.trust?.sigstore?.bundle ?? ''}`);
    expect(made.trust?.sigstore).toMatchObject({ identity: 'build@example.org', issuer: 'https://id.example.org' });
    const named = sigstore.replace(' }', ', bundle: all.sigstore }');
    const release = plan(treeOf(`github: { repo: acme/shop, tag: v1.0, asset: shop.jar }\n${named}`), config);
    expect(release.steps.map((step) => step.argv.at(-2))).toContain(
      'web/https/github.com/acme/shop/releases/download/v1.0/all.sigstore',
    );
  });

  it.each([
    'https://ci.example.org/*x',
    'https://*/acme',
    '*',
    'a*@example.org',
    'https://ci.example.org',
    '*@example.org',
  ])('refuses %s as an identity: it would be anybody', (identity) => {
    const sigstore = `sigstore: { identity: '${identity}', issuer: 'https://id.example.org' }`;
    expect(() => plan(treeOf(`maven: org.example:shop:1.0\n${sigstore}`), config)).toThrow(/identity/);
  });

  it('says what the bytes must hold against', () => {
    const made = plan(
      treeOf(`maven: g:a:1.0\nsha256: ${sha256.toUpperCase()}\nsignature: { keys: keys/a.asc }`),
      config,
    );
    expect(made.trust).toEqual({ sha256, openpgp: { keys: 'keys/a.asc' } });
    expect(plan(treeOf('maven: g:a:1.0'), config).trust).toBeUndefined();
  });

  it('fetches the signature beside the JAR, and checks what was taken with the keys of the project alone', () => {
    const made = plan(treeOf('maven: org.example:shop:1.0:all\nsignature: { keys: keys/acme.asc }'), config);
    const paths = made.steps.filter((step) => step.phase === 'resolve').map((step) => step.argv.at(-2));
    expect(paths.at(-1)).toBe('maven/org/example/shop/1.0/shop-1.0-all.jar.asc');
    expect(made.steps.at(-1)?.argv.slice(0, 2)).toEqual(['gpgv', '--keyring']);
    expect(made.steps.at(-1)?.argv.at(-1)).toBe('/work/out/jar/shop-1.0-all.jar');
    expect(made.dependencyFiles).toContain('keys/acme.asc');
  });

  it('says what is wrong with artifact.yaml, and where', () => {
    expect(() => plan(treeOf('maven: g:a:1.0\nrepositry: x\n'), config)).toThrow(/^artifact\.yaml:2:1: .*repository/);
    expect(() => plan(treeOf('sha256: x\n'), config)).toThrow(/^artifact\.yaml:1:9: .*64 hex digits/);
  });

  it('says why an address without a digest is not enough', () => {
    expect(() => plan(treeOf('url: https://files.example.org/x.jar'), config)).toThrow(
      expect.objectContaining({ message: 'artifact.yaml: https://files.example.org/x.jar has no sha256' }) as Error,
    );
  });

  // What the table of core/sources is for git and archives, for places of finished JARs.
  it.each<[string, string]>([
    ['an option in the place of a repository', 'github: { repo: --upload-pack=x, tag: v1, asset: a.jar }'],
    ['an option in the place of coordinates', 'maven: --upload-pack=touch x'],
    ['a version that leads out of its folder', 'maven: g:a:../../../etc'],
    ['a group that leads out of the repository', 'maven: ../x:a:1.0'],
    ['a tag that leads to another repository', 'github: { repo: acme/shop, tag: ../../../other/x, asset: a.jar }'],
    ['a repository that is none', 'github: { repo: acme/.., tag: v1, asset: a.jar }'],
    ['an asset in another folder', 'github: { repo: acme/shop, tag: v1, asset: ../a.jar }'],
    ['a key outside the project', 'maven: g:a:1.0\nsignature: { keys: ../../etc/x.asc }'],
    ['a transport helper', `url: "ext::sh -c x.jar"\nsha256: ${sha256}`],
    ['a file of the machine', `url: file:///etc/x.jar\nsha256: ${sha256}`],
    ['credentials', `url: https://ada:pw@example.org/x.jar\nsha256: ${sha256}`],
    ['a path that leads up', `url: https://example.org/a/../b/x.jar\nsha256: ${sha256}`],
    ['a path that leads up in disguise', `url: https://example.org/a/%2e%2e/b/x.jar\nsha256: ${sha256}`],
    ['a path that leads up in another disguise', `url: https://example.org/a/..%2fb/x.jar\nsha256: ${sha256}`],
    ['a line break', `url: "https://example.org/x\\n.jar"\nsha256: ${sha256}`],
    ['a name that is an option', `url: https://example.org/x.jar?--output=y\nsha256: ${sha256}`],
  ])('refuses %s', (_what, text) => {
    expect(() => plan(treeOf(text), config)).toThrow(expect.objectContaining({ code: 'plan.refused' }) as Error);
  });
});

describe('jarPom', () => {
  it('leaves the libraries to Maven, or shuts all out that are not named', () => {
    expect(jarPom({ maven: 'g:a:1.0' })).not.toContain('exclusion');
    const closed = jarPom({ maven: 'g:a:1.0', companions: ['g:b:2.0:all'] });
    expect(closed.match(/<exclusion>/g)).toHaveLength(2);
    expect(closed).toContain('<artifactId>b</artifactId><version>2.0</version><classifier>all</classifier>');
  });
});

function treeOf(text: string): TreeSnapshot {
  return { entries: [{ path: 'artifact.yaml', size: text.length }], contents: { 'artifact.yaml': text } };
}
