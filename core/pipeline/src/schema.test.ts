import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { pipelineJsonSchema } from './schema.ts';

describe('pipelineJsonSchema', () => {
  it('accepts what the loader accepts and refuses unknown keys', () => {
    const check = new Ajv2020({ strict: false, formats: { uri: true } }).compile(pipelineJsonSchema());
    expect(check({ pipeline: 'p' })).toBe(true);
    expect(check({ pipeline: 'p', build: { memory: '2g' } })).toBe(true);
    expect(check({ pipeline: 'p', bulid: {} })).toBe(false);
    expect(check({})).toBe(false);
  });
});
