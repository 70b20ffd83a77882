import { SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { loadPipelineFile } from './load-pipeline-file.ts';

describe('loadPipelineFile', () => {
  it('reads a whole file', () => {
    const file = loadPipelineFile(
      `pipeline: daily-sales
source: { ref: main, path: jobs/sales }
build: { memory: 2g, egress: [maven] }
job: { main: acme.DailySales, timeout: 2h, env: { TZ: UTC } }
operation:
  mediate: { split: { by: regions } }
  gates: { concurrency: 3, resources: { erp-db: 2 } }
`,
      { fileName: 'daily.yaml' },
    );
    expect(file.job.main).toBe('acme.DailySales');
    expect(file.operation.gates.resources).toEqual({ 'erp-db': 2 });
    expect(file.targets).toEqual({ dev: { workspace: 'local', promote: 'automatic' } });
  });

  it('refuses an unknown key with file, line, column and the nearest key', () => {
    const error = refused('pipeline: p\noperation:\n  gates:\n    concurency: 3\n');
    expect(error.code).toBe('pipeline.unknown-key');
    expect(error.message).toBe(
      'p.yaml:4:5: unknown key "concurency" under "operation.gates"; did you mean "concurrency"?',
    );
    expect(error.data?.['problems']).toHaveLength(1);
  });

  it('lists a wrong type and an unknown key together', () => {
    const error = refused('pipeline: p\nbuild: { tset: true, timeout: 15 }\n');
    expect(error.code).toBe('pipeline.invalid');
    expect(error.message.split('\n')).toEqual([
      'p.yaml:2:10: unknown key "tset" under "build"; did you mean "test"?',
      'p.yaml:2:31: build.timeout: expected a text, found the number 15',
    ]);
  });

  it('names the runtimes when the runtime is unknown', () => {
    expect(refused('pipeline: p\njob: { runtime: 99.x }\n').message).toMatch(
      /^p.yaml:2:17: job.runtime: .*17\.3\.x-scala2\.13/,
    );
  });

  it.each(['/etc', '../other', 'a/../../b'])('refuses the source path %s', (path) => {
    expect(refused(`pipeline: p\nsource: { path: "${path}" }\n`).message).toMatch(/source\.path/);
  });

  it('refuses a duplicate key, a broken text, and a text that is no mapping', () => {
    expect(refused('pipeline: a\npipeline: b\n').message).toMatch(/^p.yaml:2:1: /);
    expect(refused('pipeline: [').message).toMatch(/^p.yaml:1:/);
    expect(refused('- a\n').message).toBe('p.yaml:1:1: the file: expected keys with values, found a list');
    expect(refused('').message).toMatch(/pipeline: expected a text, found nothing/);
  });
});

function refused(text: string): SlowLaneError {
  try {
    loadPipelineFile(text, { fileName: 'p.yaml' });
  } catch (error) {
    if (error instanceof SlowLaneError) return error;
    throw error;
  }
  throw new Error('was not refused');
}
