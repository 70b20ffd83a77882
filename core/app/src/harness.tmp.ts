import { readFileSync, readdirSync, statSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { startTestHelper, createMemoryLogger } from '@slowlane/testkit';
import { hostRoot, discoverTools } from '@slowlane/toolchains';
import { createGateway, learnUpstreams } from '@slowlane/gateway';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { packFolder, viewArtifact } from '@slowlane/archive';
import { matchesGlob } from '@slowlane/kit';
import { findRuntime } from '@slowlane/contracts';
import { startPluginHost } from '@slowlane/pluginhost';
import { runPlan } from '../../pipeline/src/build/run-plan.ts';
import { collectOutputs, artifactOf } from '../../pipeline/src/build/collect-outputs.ts';
import { buildLimits } from '../../pipeline/src/build/build-limits.ts';
import { pluginFolders } from './plugins.gen.ts';
import { withBlobFile } from '../../pipeline/src/with-blob-file.ts';

const places = { sbtLauncher: '/tmp/langs/m2/org/scala-sbt/sbt-launch/1.11.7/sbt-launch-1.11.7.jar', sparkHome: '/tmp/spark-site', nodeBinary: process.execPath };
const tools = await discoverTools(places as never);
console.log(tools.map((t) => `${t.name} ${t.version}`).join(', '));
const root = await hostRoot({ tools, ...places, caBundle: '/etc/ssl/certs/ca-certificates.crt' });
const helper = await startTestHelper({ allowedSources: ['/work/main', '/tmp/spark-site', '/tmp/langs/m2', ...tools.map((t) => t.home)] });
const dir = mkdtempSync('/tmp/langs/h-');
const blobs = createFolderBlobStore(join(dir, 'blobs'));
const learned = await learnUpstreams({ python: '/usr/bin/python3', sbtLauncher: places.sbtLauncher, mavenHomes: ['/usr/share/maven'] });
console.log(learned);
mkdirSync(join(dir, 'sock'));
const { logger } = { logger: { debug() {}, info() {}, warn: console.warn, error: console.error } } as never as { logger: never };
const gateway = await createGateway({ stateDir: join(dir, 'gw'), socketsDir: join(dir, 'sock'), upstreams: { maven: learned.maven!, pypi: learned.pypi! }, caBundle: '/etc/ssl/certs/ca-certificates.crt', blobs: blobs as never, logger });
const plugins = await startPluginHost({ driver: helper.driver, root, repositoryDir: '/work/main', plugins: pluginFolders, logger });
try {
  for (const arg of process.argv.slice(2)) {
    const [folder, main] = arg.split('@') as [string, string | undefined];
    console.log('#####', folder);
    try {
      const manifests = await plugins.manifests();
      const entries = (readdirSync(folder, { recursive: true }) as string[]).filter((p) => statSync(join(folder, p)).isFile()).sort().map((path) => ({ path, size: statSync(join(folder, path)).size }));
      let id = '';
      for (const m of manifests) { const contents = Object.fromEntries(entries.filter((e) => m.reads.some((r) => matchesGlob(e.path, r.glob))).map((e) => [e.path, readFileSync(join(folder, e.path), 'utf8')])); const d = await plugins.detect(m.id, { entries, contents }); console.log(m.id, JSON.stringify(d)); if (d.match === 'yes') id = m.id; }
      const m = manifests.find((one) => one.id === id)!;
      const contents = Object.fromEntries(entries.filter((e) => m.reads.some((r) => matchesGlob(e.path, r.glob))).map((e) => [e.path, readFileSync(join(folder, e.path), 'utf8')]));
      const runtime = { ...findRuntime('17.3.x-scala2.13')!, ...(process.env['PY'] ? { python: process.env['PY'] } : {}) };
      const plan = await plugins.plan(id, { entries, contents }, { runTests: true, coverage: false, runtime, main, artifact: undefined, options: {}, toolchains: tools.map(({ name, version }) => ({ name, version })) });
      const limits = { ...buildLimits, wallMs: 900_000, memoryBytes: 4 * 2 ** 30 };
      const archive = await blobs.put((await packFolder(folder, () => true)).stream);
      for (const round of ['cold', 'warm']) {
        const t = performance.now();
        const sandbox = await helper.driver.create({ ...helper.spec(), root, limits, work: { kind: 'volume', restore: 'k' + folder }, env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/work/home', LANG: 'C.UTF-8', TZ: 'UTC' } });
        const log = { say: async (x: string) => console.log('==>', x), lines: async (l: readonly string[]) => { for (const x of l) if (process.env['LOG'] || /^(-->|<--)|error|ERROR|Passed|passed/.test(x)) console.log('   ', x.slice(0, 200)); } };
        const ctx = { deps: { gateway, blobs, logger, clock: { now: Date.now } }, record: { id: 'x' }, signal: new AbortController().signal, log } as never;
        try {
          const r = await runPlan(ctx, { plan, sandbox, limits, values: { sourceDateEpoch: '1700000000', memoryMb: '4096', cpus: '2' }, archive: archive.digest, registries: plan.registries, snapshotKey: 'k' + folder, deadlineAt: Date.now() + 900_000 } as never);
          await sandbox.killAll();
          const out = await collectOutputs(sandbox, plan, { blobs: blobs as never, maxBytes: 2 ** 32 });
          const set = artifactOf(out, plan);
          console.log(round, ((performance.now() - t) / 1000).toFixed(1), 's', JSON.stringify(set), 'tests', JSON.stringify(out.tests), 'served', r.served.length, 'warm', r.warm);
          const view = await withBlobFile({ blobs } as never, set.primary, (source: never) => viewArtifact({ name: set.primary.name, size: set.primary.size, source }, set.kind, set.companions));
          const manifest = await plugins.inspect(id, view as never, { runtime, main });
          console.log(JSON.stringify(manifest));
          console.log(JSON.stringify(await plugins.task(id, manifest, { primary: '/V/' + set.primary.name, companions: Object.fromEntries(set.companions.map((c) => [c.name, '/V/' + c.name])) }, { runtime, main })));
        } finally { await sandbox.destroy(); }
      }
    } catch (e) { console.log('FAILED', (e as { code?: string }).code, (e as Error).message, (e as { hint?: string }).hint ?? '', (e as { code?: string }).code ? '' : (e as Error).stack); }
  }
} finally { await plugins.close(); await gateway.close(); await helper.close(); }
process.exit(0);
