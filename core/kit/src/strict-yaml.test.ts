import { PipelineFile } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { schemaKeysAt } from './schema-keys.ts';
import { formatFileProblem, readStrictYaml } from './strict-yaml.ts';

describe('readStrictYaml', () => {
  it('names an unknown key with its place and the nearest known one', () => {
    expect(messages('pipeline: p\nbulid:\n  test: true\n')).toEqual([
      'f.yaml:2:1: unknown key "bulid"; did you mean "build"?',
    ]);
  });

  it('finds the nearest key inside a section', () => {
    expect(messages('pipeline: p\nbuild:\n  memroy: 4g\n')).toEqual([
      'f.yaml:3:3: unknown key "memroy" under "build"; did you mean "memory"?',
    ]);
  });

  it('lists the known keys where none is near', () => {
    expect(messages('pipeline: p\nbuild:\n  zzzzzz: 4g\n')[0]).toMatch(/known: test, coverage, timeout/);
  });

  it('says what was expected and what stands there, for several problems in the order of the file', () => {
    expect(messages('pipeline: p\nbuild:\n  test: "yes"\n  timeout: 15 minutes\njob: [1]\n')).toEqual([
      'f.yaml:3:9: build.test: expected true or false, found "yes"',
      'f.yaml:4:12: build.timeout: expected a number and a unit: 90s, 15m, 2h, 7d, found "15 minutes"',
      'f.yaml:5:6: job: expected keys with values, found a list',
    ]);
  });

  it('says so when a required key is missing', () => {
    expect(messages('language: python\n')).toEqual(['f.yaml:1:1: pipeline: expected a text, found nothing']);
  });

  it('takes defaults from the schema', () => {
    const result = readStrictYaml('pipeline: p\n', PipelineFile);
    expect(result.ok && result.value.build.timeout).toBe('20m');
  });
});

describe('schemaKeysAt', () => {
  it('looks through defaults and records', () => {
    expect(schemaKeysAt(PipelineFile, ['targets', 'dev'])).toEqual(['workspace', 'promote']);
    expect(schemaKeysAt(PipelineFile, ['job', 'spark_conf'])).toEqual([]);
  });
});

function messages(text: string): string[] {
  const result = readStrictYaml(text, PipelineFile);
  return result.ok ? [] : result.problems.map((problem) => formatFileProblem('f.yaml', problem));
}
