import { describe, expect, it } from 'vitest';
import { clientNames } from './case.ts';
import { cases } from './cases.ts';
import { operations } from './operations.ts';

describe('the conformance cases', () => {
  it('are at least 120, each with an id of its own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(120);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });

  it('each name the source of their claim, or say that it is unverified', () => {
    for (const { id, source, title } of cases) {
      expect(source.at, id).not.toBe('');
      expect(source.kind === 'unverified', id).toBe(source.at === 'unverified');
      expect(title, id).not.toBe('');
    }
  });

  it('call only what the table of operations has', () => {
    const calls = cases.flatMap(({ steps }) => steps.flatMap((step) => ('call' in step ? [step.call] : [])));
    expect(calls.filter((call) => !(call in operations))).toEqual([]);
  });

  it('each expect something, or need their calls to succeed', () => {
    for (const { id, steps } of cases)
      expect(
        steps.some((step) => !('fault' in step)),
        id,
      ).toBe(true);
  });

  it('say why a client is left out', () => {
    const silent = cases.filter(({ clients, why }) => clients.length < clientNames.length && why === undefined);
    expect(silent.map(({ id }) => id)).toEqual([]);
  });
});
