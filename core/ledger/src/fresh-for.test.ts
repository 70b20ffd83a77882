import { expect, it, vi } from 'vitest';
import { freshFor } from './fresh-for.ts';

it('asks once within its time, again after it, and at once after a change or a failure', async () => {
  let now = 0;
  const fresh = freshFor<number>(100, () => now);
  const ask = vi.fn(async () => ask.mock.calls.length);
  expect([await fresh.get('a', ask), await fresh.get('a', ask)]).toEqual([1, 1]);
  expect(await fresh.get('b', ask)).toBe(2);
  now = 100;
  expect(await fresh.get('a', ask)).toBe(3);
  fresh.forget('a');
  expect(await fresh.get('a', ask)).toBe(4);
  await expect(fresh.get('c', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(await fresh.get('c', ask)).toBe(5);
});

it('does not keep an answer that was asked for before a change', async () => {
  const fresh = freshFor<string>(1_000);
  const answer = Promise.withResolvers<string>();
  const early = fresh.get('a', () => answer.promise);
  fresh.forget('a');
  answer.resolve('old');
  expect(await early).toBe('old');
  expect(await fresh.get('a', async () => 'new')).toBe('new');
});
