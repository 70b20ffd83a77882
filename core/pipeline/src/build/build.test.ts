import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { readJsonBlob, verifyBuild, verifyProvenance, type DsseEnvelope } from '@slowlane/artifacts';
import { BuildPlan, type BuildRecord, type DependencyGateway, type GatewayDoor } from '@slowlane/contracts';
import { canStartTestHelper, startTestHelper, type TestHelper } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellPlugin, stageRig, type StageRig, temporaryFolder } from '../__fixtures__/stage-rig.ts';

/** The build stage in real sandboxes; the plans are programs of the shell. */
describe.skipIf(!canStartTestHelper())('the build stage', () => {
  let helper: TestHelper;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let gateway: FakeGateway;
  beforeAll(async () => {
    folder = await temporaryFolder();
    helper = await startTestHelper();
    gateway = createFakeGateway(folder.path);
  });
  afterAll(async () => {
    await helper.close();
    await gateway.close();
    await folder.remove();
  });

  function rigFor(plan: object, more: Partial<StageRig['deps']> = {}): StageRig {
    return stageRig(
      { shell: shellPlugin(() => planOf(plan)) },
      {
        sandbox: helper.driver,
        root: () => helper.root,
        gateway,
        limits: { workBytes: 64 * 1_048_576, workInodes: 10_000, pids: 64, outputBytes: 1_048_576 },
        ...more,
      },
    );
  }

  it('runs the steps without network, shows their output, and takes out the artifact and its companions', async () => {
    const rig = rigFor({
      steps: [
        step(
          'build',
          'echo "building $PWD as $(id -u)"; cp main.txt /work/out/main.py; mkdir /work/out/lib; echo lib > /work/out/lib/a.whl',
        ),
        step(
          'test',
          'echo "epoch ${sourceDateEpoch}, ${memoryMb} MiB"; python3 -c "import socket; print([name for _, name in socket.if_nameindex()])"',
        ),
      ],
      output: { kind: 'python-script', primary: { include: ['out/*.py'] }, companions: { include: ['out/lib/*.whl'] } },
    });
    const id = await rig.start({ 'demo.toml': '', 'main.txt': 'print(1)' });
    const record = await rig.runTo(id, 'inspect');
    expect(record.failure).toBeUndefined();
    expect(record.state).toBe('built');
    expect(record.found.set).toMatchObject({ primary: { name: 'main.py', size: 8 }, companions: [{ name: 'a.whl' }] });
    const log = rig.builds.text(id);
    expect(log).toMatch(/building \/work\/src as 1000/);
    expect(log).toMatch(/epoch 1700000000, 4096 MiB/);
    expect(log).toMatch(/\['lo'\]/);
    const envelope = (await readJsonBlob(rig.deps.blobs, record.found.provenance!)) as DsseEnvelope;
    expect(() => verifyProvenance(envelope, rig.deps.signingKey.publicKey, record.found.set!)).not.toThrow();
    const [set, provenance] = [record.found.set!, record.found.provenance!];
    const sound = await verifyBuild({
      set,
      provenance,
      publicKey: rig.deps.signingKey.publicKey,
      blobs: rig.deps.blobs,
    });
    expect(sound).toMatchObject({ ok: true, checks: { length: 5 } });
    expect(await readJsonBlob(rig.deps.blobs, record.found.sbom!)).toMatchObject({
      bomFormat: 'CycloneDX',
      components: [{ name: 'a.whl' }],
    });
  });

  it('resolves with the gateway, keeps the caches, and needs no gateway the next time', async () => {
    const plan = {
      registries: ['maven'],
      steps: [
        step(
          'resolve',
          "python3 -c \"import urllib.request as u; open('/work/home/dep','wb').write(u.urlopen('http://127.0.0.1:3128/maven/dep').read())\"",
        ),
        {
          ...step(
            'build',
            'test -e /work/home/dep || { echo "no such dependency"; exit 1; }; test ! -e /work/src/left; touch /work/src/left; cat /work/home/dep main.txt > /work/out/main.py',
          ),
          missPatterns: ['no such dependency'],
        },
      ],
    };
    const rig = rigFor(plan);
    const first = await rig.runTo(await rig.start({ 'demo.toml': '', 'main.txt': '1' }), 'inspect');
    expect(first.failure).toBeUndefined();
    expect(gateway.asked).toEqual(['/maven/dep']);
    const second = await rig.runTo(await rig.start({ 'demo.toml': '', 'main.txt': '2' }), 'inspect');
    expect(second.failure).toBeUndefined();
    expect(second.found.cachedFrom).toBeUndefined();
    expect(gateway.asked).toEqual(['/maven/dep']);
    expect(rig.builds.text(second.id)).toMatch(/no network, dependencies known/);
    expect(first.found.dependencies).toMatchObject({ how: 'resolved', files: 1, floating: false });
    const { key, resolvedAt, record } = first.found.dependencies!;
    expect(second.found.dependencies).toMatchObject({ how: 'reused', key, resolvedAt, record });
    const statement = await statementOf(rig, second);
    expect(JSON.stringify(statement)).toMatch(/maven\/dep/);
    expect(statement).toMatchObject({
      predicate: { buildDefinition: { internalParameters: { dependencies: { how: 'reused', key, record } } } },
    });
  });

  it('serves builds at once from one set: all resolve the same, none sees what another did to its copy', async () => {
    const rig = rigFor({
      registries: ['maven'],
      steps: [
        step(
          'resolve',
          "python3 -c \"import urllib.request as u; open('/work/home/dep','wb').write(u.urlopen('http://127.0.0.1:3128/maven/dep').read())\"",
        ),
        // Whoever could write to what others read would show here.
        step('build', 'cat /work/home/dep > /work/out/main.py; echo spoiled >> /work/home/dep'),
      ],
    });
    const together = async (names: readonly string[]) => {
      const ids = await Promise.all(names.map((name) => rig.start({ 'demo.toml': 'together', 'name.txt': name })));
      return Promise.all(ids.map((id) => rig.runTo(id, 'inspect')));
    };
    const first = await together(['a', 'b', 'c']);
    const second = await together(['d', 'e', 'f']);
    expect([...first, ...second].map(({ failure }) => failure)).toEqual(Array(6).fill(undefined));
    expect(new Set([...first, ...second].map(({ found }) => found.set?.digest)).size).toBe(1);
    expect(new Set([...first, ...second].map(({ found }) => found.dependencies?.key)).size).toBe(1);
    expect(second.map(({ found }) => found.dependencies?.how)).toEqual(['reused', 'reused', 'reused']);
  });

  it('resolves a set whose versions may change again when it is old, or when a refresh is asked for', async () => {
    let now = 1_700_000_000_000;
    const rig = rigFor(
      {
        registries: ['maven'],
        steps: [
          step(
            'resolve',
            'test ! -e /work/home/old; touch /work/home/old; python3 -c "import urllib.request as u; u.urlopen(\'http://127.0.0.1:3128/maven/versions\')"',
          ),
          step('build', 'cp main.txt /work/out/main.py'),
        ],
      },
      { clock: { now: () => now } },
    );
    const text = 'pipeline: demo\nbuild: { refresh_after: 1h, timeout: 40m }\n';
    const build = async (content: string, more: Partial<BuildRecord> = {}) => {
      const files = { 'demo.toml': '', 'main.txt': content, '.slowlane/demo.yaml': text };
      const record = await rig.runTo(await rig.start(files, undefined, more), 'inspect');
      expect(record.failure, rig.builds.text(record.id)).toBeUndefined();
      return record.found;
    };
    expect((await build('1')).dependencies).toMatchObject({ how: 'resolved', floating: true, resolvedAt: now });
    now += 30 * 60_000;
    expect((await build('2')).dependencies).toMatchObject({ how: 'reused' });
    now += 31 * 60_000;
    // The same tree was built before: what is there stands, however old its dependencies are.
    expect((await build('2')).cachedFrom).toBeDefined();
    expect((await build('3')).dependencies).toMatchObject({
      how: 'resolved',
      why: expect.stringMatching(/build\.refresh_after/),
    });
    expect((await build('4')).dependencies).toMatchObject({ how: 'reused' });
    const refreshed = await build('4', { refresh: true });
    expect(refreshed.cachedFrom).toBeUndefined();
    expect(refreshed.dependencies).toMatchObject({ how: 'resolved', why: 'a refresh was asked for' });
  });

  it('resolves again when nobody can say any more what a known set was made of', async () => {
    const rig = rigFor({
      registries: ['maven'],
      steps: [
        step('resolve', 'python3 -c "import urllib.request as u; u.urlopen(\'http://127.0.0.1:3128/maven/dep\')"'),
        step('build', 'cp main.txt /work/out/main.py'),
      ],
    });
    const files = { 'demo.toml': 'gone', 'main.txt': '1' };
    const first = await rig.runTo(await rig.start(files), 'inspect');
    const { record = '' } = first.found.dependencies ?? {};
    const has = rig.deps.blobs.has.bind(rig.deps.blobs);
    rig.deps.blobs.has = async (digest) => digest !== record && has(digest);
    const second = await rig.runTo(await rig.start({ ...files, 'main.txt': '2' }), 'inspect');
    expect(second.failure).toBeUndefined();
    expect(second.found.dependencies).toMatchObject({ how: 'resolved', files: 1 });
  });

  it('resolves after all when a known dependency set misses something', async () => {
    const plan = {
      registries: ['maven'],
      steps: [
        step('resolve', 'mkdir -p /work/home; touch /work/home/$(cat want.txt)'),
        {
          ...step(
            'build',
            'test -e /work/home/$(cat want.txt) || { echo "no such dependency"; exit 1; }; cp want.txt /work/out/main.py',
          ),
          missPatterns: ['no such dependency'],
        },
      ],
    };
    const rig = rigFor(plan);
    await rig.runTo(await rig.start({ 'demo.toml': '', 'want.txt': 'one' }), 'inspect');
    const second = await rig.runTo(await rig.start({ 'demo.toml': '', 'want.txt': 'two' }), 'inspect');
    expect(second.failure).toBeUndefined();
    expect(rig.builds.text(second.id)).toMatch(/resolved: a dependency is not in the set that was known/);
  });

  it.each([
    ['build.failed', step('build', 'exit 3'), /step "build" ended with code 3/],
    [
      'build.dependency',
      {
        ...step('resolve', 'echo "not found: a:b:1"; exit 1'),
        failurePatterns: [{ pattern: 'not found: ', code: 'build.dependency' }],
      },
      /not found: a:b:1/,
    ],
    [
      'build.egress-denied',
      step('resolve', `python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:3128/npm/x")'`),
      /the gateway refused \/npm\/x/,
    ],
    [
      'build.egress-denied',
      step('build', 'echo "java.net.UnknownHostException: repo.example.org"; exit 1'),
      /host repo\.example\.org/,
    ],
    ['build.limit', step('build', 'head -c 3000000 /dev/zero | tr "\\0" "x"'), /output/],
    ['build.limit', step('build', 'head -c 100000000 /dev/zero > /work/out/big'), /disk/],
    [
      'build.out-of-memory',
      step('build', 'exec python3 -c "x = bytearray(600 * 1024 * 1024); print(len(x))"'),
      /more than 512\.0 MiB of memory/,
    ],
    ['artifact.none', step('build', 'true'), /no python-script at out\/\*\.py/],
    ['artifact.ambiguous', step('build', 'touch /work/out/a.py /work/out/b.py'), /out\/a\.py, out\/b\.py/],
  ])('fails with %s', async (code, failing, message) => {
    const rig = rigFor({
      registries: ['maven'],
      steps: [failing, ...(failing.phase === 'resolve' ? [step('build', 'true')] : [])],
    });
    const text = 'pipeline: demo\nbuild: { memory: 512m }\n';
    const record = await rig.runTo(await rig.start({ 'demo.toml': '', '.slowlane/demo.yaml': text }), 'inspect');
    expect(record.failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(record.state).toBe('failed');
    expect(record.found.log).toBeDefined();
  });

  it('ends a build that runs longer than it may', async () => {
    const rig = rigFor({ steps: [step('build', 'echo started; sleep 600')] });
    const text = 'pipeline: demo\nbuild: { timeout: 2s }\n';
    const record = await rig.runTo(await rig.start({ 'demo.toml': '', '.slowlane/demo.yaml': text }), 'inspect');
    expect(record.failure).toMatchObject({ code: 'build.timeout' });
  });

  it('ends a step that is silent for longer than build.idle, and not one that speaks', async () => {
    const text = 'pipeline: demo\nbuild: { timeout: 2m, idle: 2s }\n';
    const speaks = step('build', 'for i in 1 2 3; do echo $i; sleep 1; done; cp demo.toml /work/out/main.py');
    const fine = rigFor({ steps: [speaks] });
    const built = await fine.runTo(await fine.start({ 'demo.toml': '', '.slowlane/demo.yaml': text }), 'inspect');
    expect(built.failure).toBeUndefined();
    const rig = rigFor({ steps: [step('build', 'echo started; sleep 600')] });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '', '.slowlane/demo.yaml': text }), 'inspect');
    expect(record.failure).toMatchObject({
      code: 'build.timeout',
      message: 'step "build" was ended: it wrote nothing for 2.0 s (limit: build.idle)',
    });
  });

  it('counts tests, and fails when one failed although the tool did not say so', async () => {
    const report =
      '<testsuite><testcase classname="T" name="good"/><testcase classname="T" name="bad"><failure/></testcase></testsuite>';
    const rig = rigFor({
      steps: [step('test', `mkdir r; echo '${report}' > r/t.xml; touch /work/out/main.py`)],
      reports: [{ kind: 'junit', glob: 'r/*.xml' }],
    });
    const record = await rig.runTo(await rig.start({ 'demo.toml': '' }), 'inspect');
    expect(record.failure).toMatchObject({ code: 'build.tests-failed', message: '1 of 2 tests failed: T.bad' });
    expect(record.found.tests).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('takes a tree over that was built before: same artifact, no sandbox', async () => {
    const rig = rigFor({ steps: [step('build', 'cp demo.toml /work/out/main.py')] });
    const first = await rig.runTo(await rig.start({ 'demo.toml': 'x' }), 'inspect');
    const before = rig.plugins.calls.length;
    const second = await rig.runTo(await rig.start({ 'demo.toml': 'x' }), 'inspect');
    expect(second.state).toBe('built');
    expect(second.found).toMatchObject({
      cachedFrom: first.id,
      set: first.found.set!,
      manifest: first.found.manifest!,
    });
    // The host answers this one from what it has read once; no plugin process is asked anything.
    expect(rig.plugins.calls.slice(before)).toEqual(['manifests']);
    const other = await rig.runTo(await rig.start({ 'demo.toml': 'y' }), 'inspect');
    expect(other.found.cachedFrom).toBeUndefined();
  });

  it('ends at once when the build is cancelled, and leaves no sandbox', async () => {
    const rig = rigFor({ steps: [step('build', 'echo started; sleep 600')] });
    const id = await rig.start({ 'demo.toml': '' });
    await rig.runTo(id, 'plan');
    const cancel = new AbortController();
    const running = rig.stages.build(id, cancel.signal);
    while (!rig.builds.text(id).includes('\nstarted')) await rig.builds.readLog(id, '99', 1, 20);
    await rig.builds.cancel(id);
    cancel.abort(new Error('the build has ended'));
    await expect(running).rejects.toThrow('the build has ended');
    expect(await helper.driver.reap()).toMatchObject({ processes: 0, folders: 0 });
  });

  async function statementOf(rig: StageRig, record: BuildRecord): Promise<unknown> {
    const envelope = (await readJsonBlob(rig.deps.blobs, record.found.provenance!)) as DsseEnvelope;
    return verifyProvenance(envelope, rig.deps.signingKey.publicKey, record.found.set!);
  }
});

function step(phase: 'resolve' | 'build' | 'test', script: string): BuildPlan['steps'][number] {
  return {
    name: phase,
    phase,
    argv: ['/bin/sh', '-c', script],
    cwd: '.',
    env: {},
    missPatterns: [],
    failurePatterns: [],
  };
}

function planOf(more: object): BuildPlan {
  return BuildPlan.parse({
    plugin: 'shell',
    tools: [],
    dependencyFiles: ['demo.toml'],
    registries: [],
    output: { kind: 'python-script', primary: { include: ['out/*.py'] } },
    ...more,
  });
}

interface FakeGateway extends DependencyGateway {
  asked: string[];
}

/** Doors that serve one file under /maven and refuse everything else. */
function createFakeGateway(folder: string): FakeGateway {
  const asked: string[] = [];
  const servers: Server[] = [];
  let count = 0;
  return {
    asked,
    upstreams: () => ({ maven: 'http://127.0.0.1/' }),
    async open(): Promise<GatewayDoor> {
      const denied: { path: string; reason: string }[] = [];
      const served: ReturnType<GatewayDoor['served']> = [];
      const server = createServer((request, response) => {
        const path = request.url ?? '';
        if (path.startsWith('/maven/')) {
          asked.push(path);
          served.push({ path, digest: `sha256:${'0'.repeat(64)}`, size: 3, immutable: !path.endsWith('/versions') });
          response.end('dep');
        } else {
          denied.push({ path, reason: 'not a registry of this build' });
          response.writeHead(403).end();
        }
      });
      servers.push(server);
      const socketPath = join(folder, `door${++count}`);
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
      return {
        socketPath,
        served: () => served,
        denied: () => denied,
        close: () => new Promise((resolve) => server.close(() => resolve())),
      };
    },
    async close() {
      for (const server of servers) server.closeAllConnections();
    },
  };
}
