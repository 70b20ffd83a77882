import { describe, expect, it } from 'vitest';
import { gateClass } from './gate-class.ts';
import { headStartUs } from './head-start.ts';

describe('gateClass', () => {
  it('has one name per claim, whatever the order of its dimensions, and always weighs on the global one', () => {
    const dimensions = { 'ws:local': 1, 'res:erp-db': 2, 'op:daily': 3 };
    expect(gateClass({ dimensions, priority: 5 })).toBe('*=1|op:daily=3|res:erp-db=2|ws:local=1');
    expect(gateClass({ dimensions: { 'op:daily': 3, '*': 1, 'ws:local': 1, 'res:erp-db': 2 }, priority: 0 })).toBe(
      '*=1|op:daily=3|res:erp-db=2|ws:local=1',
    );
  });

  it('takes no name that could be read as another claim, and no weight that is none', () => {
    expect(() => gateClass({ dimensions: { 'op:a|*': 1 }, priority: 5 })).toThrow('op:a|*');
    expect(() => gateClass({ dimensions: { 'op:a=2': 1 }, priority: 5 })).toThrow('op:a=2');
    expect(() => gateClass({ dimensions: { 'op:a': 0 }, priority: 5 })).toThrow('op:a: 0');
    expect(() => gateClass({ dimensions: { 'op:a': 1.5 }, priority: 5 })).toThrow('1.5');
  });
});

describe('headStartUs', () => {
  it('is one ageing step per level of priority', () => {
    expect(headStartUs(9, 60_000)).toBe(0);
    expect(headStartUs(0, 60_000)).toBe(9 * 60_000_000);
    expect(() => headStartUs(10, 60_000)).toThrow('10');
  });
});
