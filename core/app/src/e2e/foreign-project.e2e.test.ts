import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildView, RequestView, ResultView } from '@slowlane/contracts';
import { createGitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

const files = {
  'pyproject.toml': `[build-system]
requires = ["setuptools>=61", "wheel"]
build-backend = "setuptools.build_meta"

[project]
name = "tide-tables"
version = "2.4.1"
requires-python = ">=3.9"

[project.scripts]
tides = "tide_tables.report:start"

[tool.setuptools]
packages = ["tide_tables"]
`,
  'tide_tables/__init__.py': '',
  'tide_tables/report.py': `import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession


def start():
    arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    asked = json.loads(Path(arguments["--request"]).read_text())
    spark = SparkSession.builder.getOrCreate()
    total = spark.range(asked["harbour"] * 10).selectExpr("sum(id) AS total").first()["total"]
    folder = Path(arguments["--result"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tides.json").write_text(json.dumps([{"harbour": asked["harbour"], "total": total}]))
`,
  '.slowlane/harbour.yaml': `pipeline: harbour-report
job: { main: tides, timeout: 10m }
operation:
  request: { type: object, required: [harbours], properties: { harbours: { type: array, items: { type: integer } } } }
  mediate:
    split: { by: harbours, as: harbour }
    merge: [{ file: tides.json, as: json }]
  gates: { concurrency: 2 }
`,
};

let installation: TestInstallation;
let token: string;
beforeAll(async () => {
  installation = await createTestInstallation();
  await installation.up();
  token = (await installation.token('read', 'push:harbour-report', 'request:harbour-report')).secret;
});
afterAll(() => installation.close());

describe('a project that is not from templates/, under another name, from another folder', () => {
  it('goes from push to a joined result', async () => {
    const project = await createGitProject(installation, { pipeline: 'harbour-report', token });
    project.write(files);
    await project.commit('Tide tables');
    const pushed = await project.push();
    expect(pushed.exitCode, pushed.stderr).toBe(0);

    const client = installation.client(token);
    const { id } = await client.createRequest({ operation: 'harbour-report', body: { harbours: [3, 5] } });
    const request: RequestView = await client.waitForRequest(id);
    expect(request.failure).toBeUndefined();
    expect(request.state).toBe('succeeded');

    const result: ResultView = await client.getResult(id);
    const file = result.files.find(({ name }) => name === 'tides.json');
    const rows = (await (await fetch(file?.href ?? '')).json()) as unknown;
    expect(rows).toEqual([
      { harbour: 3, total: 435 },
      { harbour: 5, total: 1225 },
    ]);
  });

  it('is found by the command line as well', async () => {
    const { builds } = await installation.json<{ builds: BuildView[] }>('build', 'ls', '--pipeline', 'harbour-report');
    expect(builds[0]).toMatchObject({ state: 'registered', plugin: 'python', artifact: { kind: 'wheel' } });
  });
});
