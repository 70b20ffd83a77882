import { describe, expect, it } from 'vitest';
import { parseYaml } from './yaml.ts';

describe('parseYaml', () => {
  it('gives plain data and the position of every value and key', () => {
    const result = parseYaml('a: 1\nb:\n  - x\n  - key: deep\n');
    if (!result.ok) throw new Error('refused');
    expect(result.yaml.value).toEqual({ a: 1, b: ['x', { key: 'deep' }] });
    expect(result.yaml.positionOf(['b', 1, 'key'])).toEqual({ line: 4, column: 10 });
    expect(result.yaml.keyPositionOf(['b', 1, 'key'])).toEqual({ line: 4, column: 5 });
  });

  it('points at the parent of a value that is not there', () => {
    const result = parseYaml('a: 1\nb:\n  c: 2\n');
    if (!result.ok) throw new Error('refused');
    expect(result.yaml.positionOf(['b', 'missing', 'more']).line).toBe(3);
  });

  it.each([
    ['a duplicate key', 'a: 1\na: 2\n', /unique/],
    ['an unknown tag', 'a: !!js/function "x"\n', /tag/],
    ['two documents', 'a: 1\n---\nb: 2\n', /multiple documents/],
    ['a broken text', 'a: [1, 2\n', /flow/i],
    ['nesting without end', '['.repeat(100_000), /./],
  ])('refuses %s with a position', (_name, text, message) => {
    const result = parseYaml(text);
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.problems[0]?.message).toMatch(message);
    expect(result.problems[0]?.line).toBeGreaterThanOrEqual(1);
  });

  it('refuses an alias bomb instead of unfolding it', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`);
    const result = parseYaml(['l0: &l0 [x, x, x]', ...levels].join('\n'));
    expect(result.ok).toBe(false);
  });

  it('refuses a text above the cap', () => {
    expect(parseYaml('a: 12345678901234567890', { maxBytes: 10 }).ok).toBe(false);
  });

  it('does not let a key reach the prototype', () => {
    const result = parseYaml('__proto__: { polluted: true }\n');
    expect(result.ok).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
