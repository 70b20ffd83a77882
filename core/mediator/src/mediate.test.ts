import { type JsonObject, PipelineFile } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { gateClaim } from './gate-claim.ts';
import { mediate } from './mediate.ts';
import { operationProblem } from './operation-problem.ts';
import { resultPath } from './result-path.ts';

function fileOf(operation: Record<string, unknown>): PipelineFile {
  return PipelineFile.parse({ pipeline: 'daily', operation });
}

const schema: JsonObject = { type: 'object', properties: { month: { type: 'integer' } }, required: ['month'] };

describe('mediate', () => {
  it('validates, fills defaults, enriches in order, filters and splits', async () => {
    const file = fileOf({
      request: schema,
      mediate: {
        defaults: { origins: ['EWR', 'JFK'], month: 1 },
        enrich: { quarter: '$ceil(month / 3)', label: '"Q" & $string(quarter)' },
        filter: 'month > 0',
        split: { by: 'origins', as: 'origin' },
      },
    });
    const rest = { month: 4, quarter: 2, label: 'Q2' };
    expect(await mediate(file, { month: 4 })).toEqual({
      outcome: 'parts',
      mediated: { ...rest, origins: ['EWR', 'JFK'] },
      parts: [
        { key: 'EWR', document: { ...rest, origin: 'EWR' } },
        { key: 'JFK', document: { ...rest, origin: 'JFK' } },
      ],
    });
  });

  it('passes a plain body on as one part', async () => {
    expect(await mediate(fileOf({}), { a: 1 })).toEqual({
      outcome: 'parts',
      mediated: { a: 1 },
      parts: [{ key: 'all', document: { a: 1 } }],
    });
  });

  it('keeps a null that the caller sent', async () => {
    expect(await mediate(fileOf({ mediate: { defaults: { a: 1 } } }), { a: null })).toMatchObject({
      mediated: { a: null },
    });
  });

  it('has nothing to do when the filter says so or the list is empty', async () => {
    expect(await mediate(fileOf({ mediate: { filter: 'month > 6' } }), { month: 3 })).toEqual({
      outcome: 'nothing-to-do',
    });
    expect(await mediate(fileOf({ mediate: { split: { by: 'origins' } } }), { origins: [] })).toEqual({
      outcome: 'nothing-to-do',
    });
  });

  it('does not guess what a filter means that is neither true nor false', async () => {
    expect(await mediate(fileOf({ mediate: { filter: 'month' } }), { month: 3 })).toMatchObject({
      outcome: 'failed',
      failure: { code: 'mediate.failed', message: 'operation.mediate.filter: gave 3, not true or false' },
    });
  });

  it('fails with the fields of a body that breaks the schema', async () => {
    expect(await mediate(fileOf({ request: schema }), { month: 'March' })).toMatchObject({
      outcome: 'failed',
      failure: { code: 'request.body-invalid', message: expect.stringContaining('month: must be integer') as string },
    });
  });

  it('cannot be led to another prototype', async () => {
    const body = JSON.parse('{"__proto__":{"admin":true},"month":1}') as JsonObject;
    const outcome = await mediate(fileOf({ mediate: { enrich: { isAdmin: '$exists(admin)' } } }), body);
    expect(outcome).toMatchObject({ outcome: 'parts', parts: [{ document: { isAdmin: false } }] });
  });
});

describe('operationProblem', () => {
  it('finds nothing in a good file', () => {
    expect(
      operationProblem(fileOf({ request: schema, mediate: { enrich: { a: 'b.c' }, filter: 'true' } })),
    ).toBeUndefined();
  });

  it('names each key that is wrong', () => {
    const failure = operationProblem(
      fileOf({ request: { type: 'objekt' }, mediate: { enrich: { a: 'b.(' }, filter: '1 +' } }),
    );
    expect(failure?.code).toBe('pipeline.invalid');
    for (const key of ['operation.request: ', 'operation.mediate.enrich.a: ', 'operation.mediate.filter: '])
      expect(failure?.message).toContain(key);
  });

  it('refuses a pattern that cannot be run in linear time', () => {
    const failure = operationProblem(fileOf({ request: { properties: { a: { pattern: '(?=x)y' } } } }));
    expect(failure?.message).toContain('operation.request: ');
  });
});

describe('gateClaim', () => {
  it('claims the global, operation, pool and workspace dimensions, and each resource', () => {
    const file = fileOf({ gates: { weight: 2, priority: 3, resources: { 'erp-db': 4 } } });
    expect(gateClaim(file, { pool: 'shared', workspace: 'local' })).toEqual({
      dimensions: { '*': 1, 'op:daily': 2, 'pool:shared': 2, 'ws:local': 2, 'res:erp-db': 4 },
      priority: 3,
    });
  });
});

describe('resultPath', () => {
  it.each([
    [undefined, '/Volumes/main/slowlane/results/req_1'],
    ['/Volumes/a/b/c/{request_id}', '/Volumes/a/b/c/req_1'],
    ['/Volumes/a/b/c/{request_id}/out/', '/Volumes/a/b/c/req_1/out'],
    ['/Volumes/a/b/c/all', '/Volumes/a/b/c/all/req_1'],
  ])('fills %s', (path, filled) => {
    expect(resultPath(fileOf({ result: path === undefined ? {} : { path } }), 'req_1', '/Volumes/main/slowlane')).toBe(
      filled,
    );
  });

  it('does not leave the volume', () => {
    expect(() => resultPath(fileOf({ result: { path: '/Volumes/a/b/c/../../x' } }), 'req_1', '/Volumes/v')).toThrow(
      /walks out/,
    );
  });
});
