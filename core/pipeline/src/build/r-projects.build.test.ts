import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { packTar } from '@slowlane/archive';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from '../__fixtures__/real-builder.ts';
import { stageRig, type StageRig } from '../__fixtures__/stage-rig.ts';

const hasR = existsSync('/usr/bin/Rscript');
const hasTestthat = existsSync('/usr/lib/R/site-library/testthat') && existsSync('/usr/lib/R/site-library/xml2');
const hasCovr = hasTestthat && existsSync('/usr/lib/R/site-library/covr');

/** R with the real sandbox and gateway; CRAN is a server of this test with CRAN's layout. */
describe.skipIf(!hasR || !(await canStartRealBuilder()))('a project in R (needs r-base-core)', () => {
  let cran: Server;
  let asked: string[];
  let builder: RealBuilder;
  let rig: StageRig;
  beforeAll(async () => {
    asked = [];
    const words = await sourcePackage(
      'words',
      'Imports: letters1\n',
      'say <- function() paste0("word ", letters1::one())\n',
    );
    const letters1 = await sourcePackage('letters1', '', 'one <- function() "a"\n');
    const files = new Map([
      ['/src/contrib/words_1.0.0.tar.gz', words],
      ['/src/contrib/Archive/letters1/letters1_1.0.0.tar.gz', letters1],
    ]);
    cran = createServer((request, response) => {
      asked.push(request.url as string);
      const body = files.get(request.url as string);
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => cran.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(cran.address() as AddressInfo).port}`;
    builder = await startRealBuilder({ upstreams: { cran: url } });
    rig = stageRig({}, builder.deps);
  }, 60_000);
  afterAll(async () => {
    await builder.close();
    await new Promise((resolve) => cran.close(resolve));
  });

  it('that is a package takes its locked packages along, the archived ones too, and becomes a notebook on compute of its own', async () => {
    const record = await lane(packageProject());
    expect(record.failure, log(record.id)).toBeUndefined();
    expect(record.found.set?.companions.map(({ name }) => name).sort()).toEqual([
      'letters1_1.0.0.tar.gz',
      'shop_2.1.0.tar.gz',
      'words_1.0.0.tar.gz',
    ]);
    const [job] = [...rig.workspace.jobs.values()].slice(-1);
    const folder = `/Workspace/Shared/slowlane/artifacts/${record.found.set?.digest.slice('sha256:'.length)}`;
    expect(job).toMatchObject({
      tasks: [
        {
          notebook_task: {
            notebook_path: `${folder}/slowlane_main`,
            base_parameters: {
              slowlane_home: folder,
              slowlane_libraries: '3',
              slowlane_library_2: expect.stringMatching(/^\/Volumes\/.*\/shop_2\.1\.0\.tar\.gz$/) as string,
              request: '{{job.parameters.request}}',
            },
          },
        },
      ],
      job_clusters: [{ new_cluster: { data_security_mode: 'SINGLE_USER' } }],
    });
    expect(rig.workspace.objects.get(`${folder}/slowlane_main`)).toMatchObject({ language: 'R' });
    expect(asked).toContain('/src/contrib/Archive/letters1/letters1_1.0.0.tar.gz');
  }, 240_000);

  it('is built again without network, to the same bytes', async () => {
    const first = await lane(packageProject());
    const second = await lane({ ...packageProject(), 'renv/notes.txt': 'no part of a package' });
    expect(second.failure, log(second.id)).toBeUndefined();
    expect(second.found.cachedFrom).toBeUndefined();
    expect(log(second.id)).toMatch(/dependencies known/);
    expect(second.found.set?.digest).toBe(first.found.set?.digest);
  }, 240_000);

  it.skipIf(!hasTestthat)(
    'has its tests counted, and a failing one stops it',
    async () => {
      const good = await lane({ ...packageProject(), ...tests('word a') });
      expect(good.failure, log(good.id)).toBeUndefined();
      expect(good.found.tests).toEqual({ passed: 1, failed: 0, skipped: 0 });
      const bad = await lane({ ...packageProject(), ...tests('word b') });
      expect(bad.failure, log(bad.id)).toMatchObject({
        code: 'build.tests-failed',
        message: expect.stringMatching(/1 of 1 tests failed/) as string,
      });
    },
    240_000,
  );

  it.skipIf(!hasCovr)(
    'has its coverage measured, and the artifact is the same with it',
    async () => {
      const files = { ...packageProject(), ...tests('word a') };
      const plain = await lane(files);
      const covered = await lane(files, 'build: { coverage: { minimum: 10 } }\n');
      expect(covered.failure, log(covered.id)).toBeUndefined();
      expect(covered.found.coverage?.covered).toBeGreaterThan(0);
      expect(covered.found.set?.digest).toBe(plain.found.set?.digest);
    },
    240_000,
  );

  it('that is a script travels with the scripts beside it', async () => {
    const record = await lane({ 'main.R': 'source("words.R")\n', 'words.R': 'say <- function() 1\n' });
    expect(record.failure, log(record.id)).toBeUndefined();
    const broken = await lane({ 'main.R': 'source("words.R"\n' });
    expect(broken.failure?.code).toBe('build.failed');
    expect(log(broken.id)).toMatch(/main\.R/);
  }, 120_000);

  it('with a package that CRAN does not have says which', async () => {
    const record = await lane({ 'main.R': '', 'renv.lock': lock({ gone: '9.9' }) });
    expect(record.failure).toMatchObject({
      code: 'build.dependency',
      message: expect.stringContaining('gone 9.9') as string,
    });
  }, 120_000);

  it('with a lock is refused where no CRAN mirror is set', async () => {
    const gateway = { ...builder.deps.gateway!, upstreams: () => ({ maven: 'http://127.0.0.1:1/' }) };
    const record = await lane(
      { 'main.R': '', 'renv.lock': lock({ words: '1.0.0' }) },
      '',
      stageRig({}, { ...builder.deps, gateway }),
    );
    expect(record.failure).toMatchObject({
      code: 'build.egress-denied',
      message: expect.stringContaining('does not know the registry cran') as string,
    });
  }, 120_000);

  function lane(files: Record<string, string>, more = '', on = rig) {
    return on.pushed('shop', { '.slowlane/shop.yaml': `pipeline: shop\n${more}`, ...files });
  }

  function log(id: string): string {
    return rig.builds.text(id).slice(-4_000);
  }
});

function packageProject(): Record<string, string> {
  return {
    DESCRIPTION: 'Package: shop\nVersion: 2.1.0\nTitle: Shop\nLicense: Apache-2.0\nImports: words\n',
    NAMESPACE: 'export(main)\nexport(word)\n',
    'R/main.R': 'main <- function() cat(word(), "\\n")\nword <- function() words::say()\n',
    'renv.lock': lock({ words: '1.0.0', letters1: '1.0.0' }),
  };
}

function tests(expected: string): Record<string, string> {
  return {
    'tests/testthat.R': 'library(testthat)\ntest_check("shop")\n',
    'tests/testthat/test-word.R': `test_that("it has a word", {\n  expect_equal(word(), "${expected}")\n})\n`,
  };
}

function lock(versions: Record<string, string>): string {
  const packages = Object.entries(versions).map(([Package, Version]) => [
    Package,
    { Package, Version, Source: 'Repository', Repository: 'CRAN' },
  ]);
  return JSON.stringify({ R: { Version: '4.2.2' }, Packages: Object.fromEntries(packages) });
}

async function sourcePackage(name: string, more: string, code: string): Promise<Buffer> {
  const files = {
    DESCRIPTION: `Package: ${name}\nVersion: 1.0.0\nTitle: ${name}\nLicense: Apache-2.0\n${more}`,
    NAMESPACE: 'exportPattern("^[a-z]")\n',
    'R/code.R': code,
  };
  const entries = Object.entries(files).map(([path, text]) => {
    const bytes = Buffer.from(text, 'utf8');
    return { path: `${name}/${path}`, kind: 'file' as const, size: bytes.length, content: () => bytes };
  });
  return gzipSync(await buffer(packTar(entries)));
}
