import { describe, expect, it } from 'vitest';
import { checkAnswer } from './check-answer.ts';
import { fill } from './fill.ts';

const wire = { status: 200, headers: { 'retry-after': '1' }, text: '' };

describe('checkAnswer', () => {
  it('finds a value that is different', () => {
    expect(checkAnswer({ body: { a: { b: [1] } } }, { has: { 'a.b.0': 1 } })).toEqual([]);
    expect(checkAnswer({ body: { a: { b: [2] } } }, { has: { 'a.b.0': 1 } })).toEqual(['a.b.0 is 2, not 1']);
  });

  it('takes an error for a failure unless one is due', () => {
    const error = { status: 400, code: 'X', message: 'no', isMissing: false };
    expect(checkAnswer({ body: {}, error }, {})).toEqual(['was refused: 400 X no']);
    expect(checkAnswer({ body: {}, error }, { error: { status: 400, code: 'X', message: '^no$' } })).toEqual([]);
    expect(checkAnswer({ body: {}, error }, { error: { status: 404, code: 'Y' } })).toHaveLength(2);
    expect(checkAnswer({ body: {} }, { error: { status: 404 } })).toHaveLength(1);
  });

  it('holds a client to its word for "does not exist", and the bytes not', () => {
    const error = { status: 400, code: 'X', message: '', isMissing: false };
    expect(checkAnswer({ body: {}, error }, { error: { status: 400, isMissing: true } })).toHaveLength(1);
    expect(
      checkAnswer({ body: {}, error, wire: { ...wire, status: 400 } }, { error: { status: 400, isMissing: true } }),
    ).toEqual([]);
  });

  it('looks for absent keys only where the bytes are seen', () => {
    const expected = { wire: { absent: ['jobs'], headers: { 'retry-after': '^2$' } } };
    expect(checkAnswer({ body: { jobs: [] } }, expected)).toEqual([]);
    expect(checkAnswer({ body: { jobs: [] }, wire }, expected)).toEqual([
      'jobs is there',
      'header retry-after is "1", not ^2$',
    ]);
  });

  it('holds the whole body against a pattern, where it is seen', () => {
    expect(checkAnswer({ body: {}, wire }, { wire: { text: '^$' } })).toEqual([]);
    expect(checkAnswer({ body: {}, wire: { ...wire, text: '{}' } }, { wire: { text: '^$' } })).toHaveLength(1);
    expect(checkAnswer({ body: {} }, { wire: { text: '^x$' } })).toEqual([]);
  });

  it('leaves out what the client does not carry', () => {
    expect(checkAnswer({ body: {} }, { has: { a: 1 }, count: { b: 1 } }, (key) => key !== 'a')).toEqual([
      'b has 0 elements, not 1',
    ]);
  });

  it('finds an element that has at least what is wanted', () => {
    const body = { list: [{ a: 1 }, { a: 2, b: 3 }] };
    expect(checkAnswer({ body }, { has: { list: { contains: { a: 2 } } } })).toEqual([]);
    expect(checkAnswer({ body }, { has: { list: { contains: { a: 3 } } } })).toHaveLength(1);
  });
});

describe('fill', () => {
  it('keeps the type of a value that stands alone, and the syntax of the API', () => {
    expect(fill({ id: '{id}', text: 'no {id} {{job.parameters.day}}' }, { id: 7 })).toEqual({
      id: 7,
      text: 'no 7 {{job.parameters.day}}',
    });
  });
});
