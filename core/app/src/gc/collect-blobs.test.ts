import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { loadConfig, pathsOf, readEnvironment } from '@slowlane/config';
import type { Digest } from '@slowlane/contracts';
import { openLedger } from '@slowlane/ledger';
import { createMemoryLogger } from '@slowlane/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectGarbage } from '../commands/gc-command.ts';
import { repository } from '../processes/installation.ts';
import { collectBlobs } from './collect-blobs.ts';

const DAY = 86_400_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-gc-'));
});
afterEach(() => rm(folder, { recursive: true }));

const hexOf = (digest: Digest) => digest.slice('sha256:'.length);

async function put(blobs: string, text: string, ageMs: number): Promise<Digest> {
  const { digest } = await createFolderBlobStore(blobs).put(Readable.from([Buffer.from(text)]));
  const hex = hexOf(digest);
  const then = new Date(Date.now() - ageMs);
  await utimes(join(blobs, 'sha256', hex.slice(0, 2), hex.slice(2)), then, then);
  return digest;
}

/** Blob i may refer to blobs before it: a digest can only name what is there already. */
const graphs = fc.array(
  fc.record({
    refersTo: fc.array(fc.nat(30), { maxLength: 3 }),
    isRoot: fc.boolean(),
    isNamed: fc.boolean(),
    isYoung: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

it('of any graph of references, what is reachable stays and only what is not goes; a dry run touches nothing', async () => {
  let systems = 0;
  await fc.assert(
    fc.asyncProperty(graphs, async (graph) => {
      const home = join(folder, String(systems++));
      const [blobs, cache] = [join(home, 'blobs'), join(home, 'cache')];
      await mkdir(cache, { recursive: true });
      const digests: Digest[] = [];
      for (const [at, { refersTo, isYoung }] of graph.entries()) {
        const named = refersTo.flatMap((index) => digests[index] ?? []);
        digests.push(await put(blobs, JSON.stringify({ at, named }), isYoung ? 0 : 2 * DAY));
      }
      const at = (index: number) => digests[index] as Digest;
      for (const [index, { isNamed }] of graph.entries())
        if (isNamed) await writeFile(join(cache, `${index}.json`), JSON.stringify({ log: at(index) }));
      // The truth, worked out apart: from the last to the first, because references only point back.
      const needed = graph.map(({ isRoot, isNamed, isYoung }) => isRoot || isNamed || isYoung);
      for (let index = graph.length - 1; index >= 0; index--)
        if (needed[index] === true)
          for (const target of graph[index]?.refersTo ?? []) if (target < index) needed[target] = true;
      const roots = new Set(graph.flatMap(({ isRoot }, index) => (isRoot ? [hexOf(at(index))] : [])));
      const options = { roots, references: [cache], graceMs: DAY, now: Date.now(), dryRun: false };
      const store = createFolderBlobStore(blobs);
      const present = () => Promise.all(digests.map((digest) => store.has(digest)));
      const dry = await collectBlobs(blobs, { ...options, dryRun: true });
      expect(await present()).toEqual(graph.map(() => true));
      expect(await collectBlobs(blobs, options)).toEqual(dry);
      expect(await present()).toEqual(needed);
      expect(dry.removed).toBe(needed.filter((each) => !each).length);
    }),
    { numRuns: 60 },
  );
});

it('has nothing to do where no blob was ever put', async () => {
  const options = { roots: new Set<string>(), references: [], graceMs: 0, now: Date.now(), dryRun: false };
  expect(await collectBlobs(join(folder, 'none'), options)).toEqual({ kept: 0, removed: 0, bytes: 0 });
});

it('what a registered job runs stays, with everything its artifact names; what no row names goes', async () => {
  const environment = readEnvironment({ SLOWLANE_HOME: join(folder, 'home') });
  const paths = pathsOf(environment);
  const config = loadConfig(environment.configFile);
  const companion = await put(paths.blobs, 'a companion', 30 * DAY);
  const primary = await put(paths.blobs, JSON.stringify({ companion }), 30 * DAY);
  const nobodys = await put(paths.blobs, 'nobody names this', 30 * DAY);
  const fresh = await put(paths.blobs, 'nobody names this yet', DAY);
  const ledger = await openLedger({ file: paths.ledger, archiveDir: paths.archive, logger: createMemoryLogger() });
  await ledger.registrations.put({
    ...{ id: 'reg_1', pipeline: 'daily', revision: 1, target: 'dev', workspace: 'local', jobId: '7', buildId: 'bld_1' },
    ...{ correlationId: 'cor_1', commit: undefined, pool: 'default', timeoutMs: 1, retries: 0 },
    set: { digest: primary, kind: 'jar', primary: { name: 'a.jar', digest: primary, size: 1 }, companions: [] },
    manifest: { plugin: 'scala-sbt', kind: 'jar', main: 'a.B', mainCandidates: ['a.B'], spark: 'provided' },
  });
  const installation = { environment, paths, config, repository, url: '' };
  const store = createFolderBlobStore(paths.blobs);
  expect(await collectGarbage(installation, { dryRun: true })).toMatchObject({ removed: 1, kept: 3, dryRun: true });
  expect(await store.has(nobodys)).toBe(true);
  expect(await collectGarbage(installation, { dryRun: false })).toMatchObject({ removed: 1, kept: 3 });
  const left = await Promise.all([primary, companion, fresh, nobodys].map((digest) => store.has(digest)));
  expect(left).toEqual([true, true, true, false]);
  await ledger.close();
});
