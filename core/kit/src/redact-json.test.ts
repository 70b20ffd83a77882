import { describe, expect, it } from 'vitest';
import { pointersOfParts, redactJson } from './redact-json.ts';

describe('redactJson', () => {
  it.each([
    ['/name', { name: 'Ada', n: 1 }, { name: '[redacted]', n: 1 }],
    ['/rows/*/iban', { rows: [{ iban: 'DE1', n: 1 }, { n: 2 }] }, { rows: [{ iban: '[redacted]', n: 1 }, { n: 2 }] }],
    ['/rows/1', { rows: ['a', 'b'] }, { rows: ['a', '[redacted]'] }],
    ['/a~1b/m~0n', { 'a/b': { 'm~n': 'x' } }, { 'a/b': { 'm~n': '[redacted]' } }],
    ['/whole', { whole: { deep: ['x'] } }, { whole: '[redacted]' }],
    ['/not/there', { a: 1 }, { a: 1 }],
  ])('hides %s', (pointer, document, expected) => {
    const before = structuredClone(document);
    expect(redactJson(document, [pointer])).toEqual(expected);
    expect(document).toEqual(before);
  });

  it('leaves a member called __proto__ what it is', () => {
    const document = JSON.parse('{"__proto__": {"name": "x"}, "name": "y"}') as Record<string, string>;
    expect(JSON.stringify(redactJson(document, ['/name']))).toBe('{"__proto__":{"name":"x"},"name":"[redacted]"}');
  });
});

describe('pointersOfParts', () => {
  const pointers = ['/customers/*/iban', '/month'];
  const document = { customer: { iban: 'DE1', id: 7 }, month: 3 };

  it('hides in a part what was hidden in the list', () => {
    const moved = pointersOfParts(pointers, { by: 'customers', as: 'customer', isChunked: false });
    expect(redactJson(document, moved)).toEqual({ customer: { iban: '[redacted]', id: 7 }, month: '[redacted]' });
  });

  it('hides in every element of a chunk', () => {
    const moved = pointersOfParts(['/customers/*/iban'], { by: 'customers', isChunked: true });
    expect(redactJson({ customers: [{ iban: 'a' }, { iban: 'b' }] }, moved)).toEqual({
      customers: [{ iban: '[redacted]' }, { iban: '[redacted]' }],
    });
  });

  it('hides the element where each element is hidden', () => {
    const moved = pointersOfParts(['/names/*'], { by: 'names', isChunked: false });
    expect(redactJson({ names: 'Ada' }, moved)).toEqual({ names: '[redacted]' });
  });
});
