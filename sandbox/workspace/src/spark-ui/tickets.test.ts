import { expect, it } from 'vitest';
import type { Principal } from '../identity/principal.ts';
import { createTickets } from './tickets.ts';

const viewer: Principal = { id: '1', kind: 'user', name: 'a', displayName: 'a', isAdmin: false, groups: [] };

it('a ticket is good for one hour, and the oldest of too many ends before', () => {
  let now = 1_000;
  const tickets = createTickets(() => now);
  const first = tickets.issue({ taskRunId: 7, viewer });
  expect(tickets.find(first)).toMatchObject({ taskRunId: 7, viewer });
  expect(tickets.find(`${first}x`)).toBeUndefined();
  now += 3_599_999;
  expect(tickets.find(first)).toBeDefined();
  now += 1;
  expect(tickets.find(first)).toBeUndefined();
  const many = Array.from({ length: 1_001 }, () => tickets.issue({ taskRunId: 8, viewer }));
  expect(many.map((name) => tickets.find(name) !== undefined).indexOf(true)).toBe(1);
});
