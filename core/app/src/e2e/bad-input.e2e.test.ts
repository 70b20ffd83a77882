import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SlowLaneError } from '@slowlane/contracts';
import { createGitProject, type GitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

let installation: TestInstallation;
let token: string;
beforeAll(async () => {
  installation = await createTestInstallation('policy: { concurrency: 4 }\n');
  await installation.up();
  token = (await installation.token('read', 'push:*', 'request:*', 'pipeline', 'build')).secret;
});
afterAll(() => installation.close());

const pipeline = (name: string, rest = '') => ({ [`.slowlane/${name}.yaml`]: `pipeline: ${name}\n${rest}` });
const script = { 'main.py': 'print("hello")\n' };
const sbt = (rest = '', version = '2.13.16') => ({
  'project/build.properties': 'sbt.version=1.11.7\n',
  'build.sbt': `scalaVersion := "${version}"\nname := "bad"\nlibraryDependencies += "org.apache.spark" %% "spark-sql" % "${version.startsWith('2.13') ? '4.0.1' : '3.5.1'}" % Provided\n${rest}`,
  'src/main/scala/Main.scala': 'object Main { def main(args: Array[String]): Unit = println("x") }\n',
});

/** Pushes and gives what the author sees. */
async function rejected(name: string, files: Record<string, string>): Promise<string> {
  const project: GitProject = await createGitProject(installation, { pipeline: name, token });
  project.write(files);
  await project.commit('Something wrong');
  const pushed = await project.push();
  expect(pushed.exitCode, pushed.stderr).not.toBe(0);
  expect(pushed.stderr).toMatch(/pre-receive hook declined|rejected/);
  return pushed.stderr.replaceAll(/\s+/g, ' ');
}

describe('a push that cannot be built is rejected with the reason', () => {
  it('an unknown key in the pipeline file: file, line, nearest key', async () => {
    expect(await rejected('bad-key', { ...script, ...pipeline('bad-key', 'bulid: { test: true }\n') })).toMatch(
      /bad-key\.yaml:2:1: .*bulid.*build/,
    );
  });

  it('a wrong type in the pipeline file', async () => {
    expect(await rejected('bad-type', { ...script, ...pipeline('bad-type', 'job: { retries: often }\n') })).toMatch(
      /bad-type\.yaml:2:\d+: job\.retries: .*often/,
    );
  });

  it('a claim above the platform policy', async () => {
    expect(
      await rejected('bad-claim', {
        ...script,
        ...pipeline('bad-claim', 'operation: { gates: { concurrency: 50 } }\n'),
      }),
    ).toMatch(/concurrency.*50.*4/);
  });

  it('two languages', async () => {
    const output = await rejected('two-languages', {
      ...sbt(),
      'pyproject.toml': '[project]\nname = "x"\nversion = "1"\n',
      ...pipeline('two-languages'),
    });
    expect(output).toMatch(/scala-sbt/);
    expect(output).toMatch(/python/);
  });

  it('no language at all: what is supported and what was seen', async () => {
    expect(await rejected('no-language', { 'notes.txt': 'x\n', ...pipeline('no-language') })).toMatch(/notes\.txt/);
  });

  it('no pipeline file', async () => {
    expect(await rejected('no-pipeline', script)).toMatch(/\.slowlane/);
  });

  it('an sbt file that does not compile', async () => {
    expect(
      await rejected('bad-sbt', { ...sbt('this is not scala\n'), ...pipeline('bad-sbt', 'job: { main: Main }\n') }),
    ).toMatch(/build\.sbt/);
  });

  it('a test that fails', async () => {
    const tests = { 'tests/test_x.py': 'def test_sum():\n    assert 1 + 1 == 3\n' };
    const project = {
      'pyproject.toml':
        '[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "failing"\nversion = "1.0"\n[project.optional-dependencies]\ntest = ["pytest"]\n[project.scripts]\ngo = "failing:go"\n[tool.setuptools]\npackages = ["failing"]\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
      'failing/__init__.py': 'def go():\n    pass\n',
    };
    expect(
      await rejected('bad-test', { ...project, ...tests, ...pipeline('bad-test', 'job: { main: "failing:go" }\n') }),
    ).toMatch(/tests-failed|tests? failed/i);
  });

  it('a main class that is not in the JAR: the candidates', async () => {
    expect(await rejected('bad-main', { ...sbt(), ...pipeline('bad-main', 'job: { main: acme.Nowhere }\n') })).toMatch(
      /acme\.Nowhere.*Main/,
    );
  });

  it('two JARs where one is declared: the candidates', async () => {
    const rest =
      'lazy val extra = taskKey[Unit]("")\nCompile / packageBin := { val jar = (Compile / packageBin).value; IO.copyFile(jar, jar.getParentFile / "another.jar"); jar }\n';
    expect(await rejected('two-jars', { ...sbt(rest), ...pipeline('two-jars', 'job: { main: Main }\n') })).toMatch(
      /another\.jar/,
    );
  });

  it('a Scala 2.12 JAR for a 2.13 runtime', async () => {
    expect(
      await rejected('bad-scala', {
        ...sbt('', '2.12.20'),
        ...pipeline('bad-scala', 'job: { main: Main, runtime: 17.3.x-scala2.13 }\n'),
      }),
    ).toMatch(/2\.12.*2\.13/);
  });

  it('a dependency that does not exist', async () => {
    expect(
      await rejected('bad-dependency', {
        ...sbt('libraryDependencies += "org.example.nowhere" % "nothing" % "9.9.9"\n'),
        ...pipeline('bad-dependency', 'job: { main: Main }\n'),
      }),
    ).toMatch(/org\.example\.nowhere/);
  });

  it('a host that the gateway does not allow', async () => {
    const project = {
      'pyproject.toml':
        '[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "reaching"\nversion = "1.0"\ndependencies = ["thing @ https://files.example.org/thing-1.0-py3-none-any.whl"]\n[project.scripts]\ngo = "reaching:go"\n[tool.setuptools]\npackages = ["reaching"]\n',
      'reaching/__init__.py': 'def go():\n    pass\n',
    };
    const output = await rejected('bad-host', { ...project, ...pipeline('bad-host', 'job: { main: go }\n') });
    expect(output).toMatch(/files\.example\.org/);
    expect(output).toMatch(/build\.(egress-denied|dependency)/);
  });

  it('a registry that the policy does not allow', async () => {
    expect(
      await rejected('bad-egress', {
        ...script,
        ...pipeline('bad-egress', 'build: { egress: [npm] }\njob: { main: main.py }\n'),
      }),
    ).toMatch(/npm/);
  });
});

describe('a call that cannot be carried out is refused with the reason', () => {
  const failureOf = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => (error instanceof SlowLaneError ? error.toFailure() : Promise.reject(error)),
    );

  it('a request body that breaks its schema, and an unknown operation', async () => {
    const project = await createGitProject(installation, { pipeline: 'good', token });
    project.write({
      ...script,
      ...pipeline(
        'good',
        'job: { main: main.py }\noperation: { request: { type: object, required: [day], properties: { day: { type: string } } } }\n',
      ),
    });
    await project.commit('Right');
    const pushed = await project.push();
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    const client = installation.client(token);
    expect(await failureOf(client.createRequest({ operation: 'good', body: { day: 7 } }))).toMatchObject({
      code: 'request.body-invalid',
      message: expect.stringContaining('day'),
    });
    expect(await failureOf(client.createRequest({ operation: 'goood', body: {} }))).toMatchObject({
      code: 'request.operation-unknown',
      hint: expect.stringContaining('good'),
    });
  });

  it('a pipeline file that is applied by hand serves a repository without one', async () => {
    const file = `${installation.folder}/by-hand.yaml`;
    await installation.user([
      '/bin/sh',
      '-c',
      'printf "%s" "$1" > "$2"',
      'write',
      'pipeline: by-hand\njob: { main: main.py }\n',
      file,
    ]);
    expect(await installation.json('pipeline', 'apply', file)).toMatchObject({
      name: 'by-hand',
      origin: 'applied',
      revision: 1,
    });
    const project = await createGitProject(installation, { pipeline: 'by-hand', token });
    project.write(script);
    await project.commit('No pipeline file in here');
    const pushed = await project.push();
    expect(pushed.exitCode, pushed.stderr).toBe(0);
    expect(await installation.json('pipeline', 'show', 'by-hand')).toMatchObject({
      registration: { workspace: 'local' },
    });
  });

  it('no token, a wrong one, one without the scope', async () => {
    const scoped = (await installation.token('read')).secret;
    expect(await failureOf(installation.client('').listRequests())).toMatchObject({ code: 'auth.missing' });
    expect(await failureOf(installation.client('sl_aaaaaaaa_wrongwrongwrongwrong').listRequests())).toMatchObject({
      code: 'auth.invalid',
    });
    expect(
      await failureOf(installation.client(scoped).createRequest({ operation: 'good', body: { day: 'x' } })),
    ).toMatchObject({ code: 'auth.scope', message: expect.stringContaining('request:good') });
  });

  it('a push with a token that lacks the scope', async () => {
    const scoped = (await installation.token('push:other')).secret;
    const project = await createGitProject(installation, { pipeline: 'not-mine', token: scoped });
    project.write(script);
    await project.commit('Not mine');
    const pushed = await project.push();
    expect(pushed.exitCode).not.toBe(0);
    expect(pushed.stderr).toMatch(/403|scope/);
  });

  it.skipIf(process.getuid?.() !== 0)('a CA bundle that root can read and the service cannot', async () => {
    const other = await createTestInstallation();
    try {
      const bundle = `${other.folder}/ca.pem`;
      await other.user([
        '/bin/sh',
        '-c',
        'umask 077; echo none > "$1"; echo "ca_bundle: $1" >> "$2"',
        'write',
        bundle,
        other.env['SLOWLANE_CONFIG'] ?? '',
      ]);
      const up = await other.slowlane('up', '--json');
      expect(up.exitCode).toBe(4);
      expect(JSON.parse(up.stdout)).toMatchObject({
        error: {
          code: 'config.invalid',
          message: expect.stringContaining(`the folder ${other.folder} is closed to others`),
          hint: expect.stringContaining(`install -m 0644 -D ${bundle} `),
        },
      });
    } finally {
      await other.close();
    }
  });

  it('a port in use', async () => {
    const port = new URL(installation.url).port;
    const other = await createTestInstallation();
    try {
      const config = `listen: { port: ${port} }\n`;
      const file = `${other.home}/taken.yaml`;
      await other.user(['/bin/sh', '-c', 'printf "%s" "$1" > "$2"', 'write', config, file]);
      const up = await other.user([`${process.cwd()}/slowlane`, 'up', '--json'], { env: { SLOWLANE_CONFIG: file } });
      expect(up.exitCode).toBe(3);
      expect(JSON.parse(up.stdout)).toMatchObject({
        error: { code: 'ground.port-in-use', message: expect.stringContaining(port) },
      });
    } finally {
      await other.close();
    }
  });
});
