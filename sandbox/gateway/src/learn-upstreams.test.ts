import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slowlane/process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPipConfig } from './learn-pypi.ts';
import { learnUpstreams } from './learn-upstreams.ts';

const python = '/usr/bin/python3';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'learn-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('learnUpstreams', () => {
  it('takes the mirror of a settings file before all else', async () => {
    const user = await write('user.xml', '<settings><mirrors/></settings>');
    const global = await write('global.xml', mirrors('*', 'https://mirror.example.org/maven/'));
    const home = await mavenHome('https://central.example.org/maven2');
    const learned = await learnUpstreams({
      mavenSettings: [join(folder, 'none.xml'), user, global],
      mavenHomes: [home],
    });
    expect(learned).toEqual({
      maven: 'https://mirror.example.org/maven/',
      pypi: undefined,
      learnedFrom: { maven: `mirror "company" in ${global}` },
    });
  });

  it("takes the central repository of Maven's super POM without one", async () => {
    const settings = await write('settings.xml', mirrors('internal', 'https://other.example.org/'));
    const home = await mavenHome('https://central.example.org/maven2');
    const learned = await learnUpstreams({ mavenSettings: [settings], mavenHomes: [join(folder, 'none'), home] });
    expect(learned.maven).toBe('https://central.example.org/maven2');
    expect(learned.learnedFrom['maven']).toMatch(/^super POM in .*maven-model-builder-3\.x\.jar$/);
  });

  it('takes the index of the pip configuration, else the default in the code of pip', async () => {
    const configured = await script('configured', `echo "global.index-url='https://pip.example.org/simple'"`);
    const plain = await script('plain', 'if [ "$1" = -c ]; then echo https://default.example.org/simple; fi');
    expect(await learnUpstreams({ python: configured })).toMatchObject({
      pypi: 'https://pip.example.org/simple',
      learnedFrom: { pypi: 'pip configuration (global.index-url)' },
    });
    expect(await learnUpstreams({ python: plain })).toMatchObject({
      pypi: 'https://default.example.org/simple',
      learnedFrom: { pypi: `default of pip (${plain})` },
    });
  });

  it('learns nothing where there is nothing, and takes no other address than http', async () => {
    const odd = await script('odd', `echo "global.index-url='file:///etc'"; echo nonsense`);
    const settings = await write('settings.xml', mirrors('*', 'file:///etc'));
    const nothing = { maven: undefined, pypi: undefined, learnedFrom: {} };
    expect(await learnUpstreams({})).toEqual(nothing);
    expect(
      await learnUpstreams({
        python: odd,
        mavenSettings: [settings],
        mavenHomes: ['/nowhere'],
        sbtLauncher: join(folder, 'no.jar'),
      }),
    ).toEqual(nothing);
    expect(await learnUpstreams({ python: join(folder, 'no-python') })).toEqual(nothing);
  });

  it('reads the default of an sbt launcher', async () => {
    await mkdir(join(folder, 'jar/x/coursier'), { recursive: true });
    await writeFile(
      join(folder, 'jar/x/coursier/Repositories$.class'),
      classWithTexts(['central', 'https://repo.example.org/maven2', 'https://eu.example.org/maven2']),
    );
    const launcher = await zip('sbt-launch.jar', join(folder, 'jar'));
    expect(await learnUpstreams({ sbtLauncher: launcher })).toEqual({
      maven: 'https://repo.example.org/maven2',
      pypi: undefined,
      learnedFrom: { maven: `default of the sbt launcher ${launcher}` },
    });
  });
});

describe('readPipConfig', () => {
  it('takes the environment before the command, and that before all commands', () => {
    const lines = [
      "global.index-url='https://c.example.org/'",
      "install.index-url='https://b.example.org/'",
      ":env:.index-url='https://a.example.org/'",
    ];
    expect(readPipConfig(lines.join('\n'))?.url).toBe('https://a.example.org/');
    expect(readPipConfig(lines.slice(0, 2).join('\n'))?.url).toBe('https://b.example.org/');
    expect(readPipConfig(lines[0] as string)?.url).toBe('https://c.example.org/');
    expect(readPipConfig("global.timeout='60'\nglobal.extra-index-url='https://x.example.org/'")).toBeUndefined();
  });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function script(name: string, body: string): Promise<string> {
  const path = await write(name, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

function mirrors(mirrorOf: string, url: string): string {
  return `<settings><mirrors><mirror><id>company</id><mirrorOf>${mirrorOf}</mirrorOf><url>${url}</url></mirror></mirrors></settings>`;
}

async function mavenHome(central: string): Promise<string> {
  const content = join(folder, 'model');
  await mkdir(join(content, 'org/apache/maven/model'), { recursive: true });
  const pom = `<project><repositories><repository><id>central</id><url>${central}</url></repository></repositories></project>`;
  await writeFile(join(content, 'org/apache/maven/model/pom-4.0.0.xml'), pom);
  await mkdir(join(folder, 'maven/lib'), { recursive: true });
  await zip('maven/lib/maven-model-builder-3.x.jar', content);
  return join(folder, 'maven');
}

async function zip(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  const inner = content === join(folder, 'jar') ? 'x' : 'org';
  const made = await run([python, '-m', 'zipfile', '-c', path, inner], { cwd: content, timeoutMs: 30_000 });
  expect(made.stderr).toBe('');
  return path;
}

/** A constant pool of nothing but texts: what the reader looks at. */
function classWithTexts(texts: string[]): Buffer {
  const head = Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 0, texts.length + 1]);
  return Buffer.concat([
    head,
    ...texts.map((text) => Buffer.concat([Buffer.from([1, 0, text.length]), Buffer.from(text)])),
  ]);
}
