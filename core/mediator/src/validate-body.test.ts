import { type JsonObject, PipelineFile } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { validateBody } from './validate-body.ts';

const schema: JsonObject = {
  type: 'object',
  required: ['month', 'origins'],
  additionalProperties: false,
  properties: {
    month: { type: 'integer', minimum: 1, maximum: 12 },
    origins: { type: 'array', items: { enum: ['EWR', 'JFK', 'LGA'] }, minItems: 1 },
    day: { type: 'string', format: 'date' },
    carrier: { type: 'string', pattern: '^[A-Z0-9]{2}$' },
  },
};

function check(body: JsonObject, request: JsonObject = schema, name = 'daily'): ReturnType<typeof validateBody> {
  return validateBody(
    { name, revision: 1, file: PipelineFile.parse({ pipeline: name, operation: { request } }) },
    body,
  );
}

describe('validateBody', () => {
  it('accepts what fits', () => {
    expect(check({ month: 3, origins: ['EWR'], day: '2013-03-01', carrier: 'UA' })).toBeUndefined();
  });

  it('accepts any object when the operation has no schema', () => {
    expect(check({ anything: [1, null] }, {}, 'free')).toBeUndefined();
  });

  it('names every wrong field at once', () => {
    const failure = check({ month: 13, origins: ['EWR', 'BOS'], orgins: 1, day: 'March', carrier: 'x' });
    expect(failure?.code).toBe('request.body-invalid');
    expect(failure?.kind).toBe('user');
    expect(failure?.message).toBe(
      'the body does not fit operation "daily": orgins: is not a field of this operation; month: must be <= 12; ' +
        'origins/1: must be one of "EWR", "JFK", "LGA"; day: must match format "date"; carrier: must match pattern "^[A-Z0-9]{2}$"',
    );
    expect(failure?.data?.['fields']).toContainEqual({ field: 'month', problem: 'must be <= 12' });
  });

  it('names what is missing', () => {
    expect(check({ month: 3 })?.message).toContain('origins: is missing');
  });

  it('takes another file under the same name and number for what it is', () => {
    expect(check({ a: 1 }, { type: 'object' }, 'same')).toBeUndefined();
    expect(check({ a: 1 }, { type: 'object', maxProperties: 0 }, 'same')?.code).toBe('request.body-invalid');
  });

  it('says that the schema is at fault when it is', () => {
    const failure = check({}, { type: 'objekt' }, 'broken');
    expect(failure?.code).toBe('mediate.failed');
    expect(failure?.message).toContain('request schema cannot be used');
  });

  it('answers at once to a pattern that would hang a backtracking engine', () => {
    const evil = { properties: { name: { type: 'string', pattern: '^(a+)+$' } } };
    expect(check({ name: `${'a'.repeat(50_000)}!` }, evil, 'evil')?.message).toContain('name: must match pattern');
  });

  it('refuses a list that is too long and a body that is too deep, before any schema sees them', () => {
    expect(check({ origins: Array.from({ length: 10_001 }, () => 1) })?.message).toContain(
      '/origins: a list of 10001 elements',
    );
    let deep: JsonObject = {};
    for (let level = 0; level < 70; level++) deep = { deep };
    expect(check(deep)?.message).toContain('nested more than 64 levels');
  });
});
