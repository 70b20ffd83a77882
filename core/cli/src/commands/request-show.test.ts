import type { RequestView } from '@slowlane/contracts';
import { expect, it } from 'vitest';
import { createStyle } from '../style.ts';
import { requestShow } from './request.ts';

/** As the service answers with a page of 100. */
function viewOf(parts: number): RequestView {
  const links = { self: '', events: '', result: '', cancel: '', trace: '' };
  return {
    ...{ id: 'req_A', correlationId: 'cor_A', operation: 'daily', state: 'running', principal: 'erp', tenant: 'acme' },
    ...{ body: {}, pipeline: 'daily', revision: 1, artifact: 'sha256:x', workspace: 'local', acceptedAt: 1, links },
    costMicros: 2_500_000,
    estimateMicros: parts * 1_000_000,
    partStates: { running: 1, parked: parts - 1 },
    ...(parts > 100 ? { next: 'req_A-99' } : {}),
    parts: Array.from({ length: Math.min(parts, 100) }, (_, index) => ({
      ...{ id: `req_A-${index}`, key: `k${index}`, attempt: 1, parkedAt: 1, estimateMicros: 1_000_000 },
      state: index === 0 ? ('running' as const) : ('parked' as const),
    })),
  };
}

const shown = (parts: number): string => (requestShow.render?.(viewOf(parts), createStyle(false)) ?? []).join('\n');

it('shows whose request it is and what it costs', () => {
  expect(shown(2)).toContain('tenant     acme');
  expect(shown(2)).toContain('cost       2.50 so far, estimated 2.00');
});

it('lists the first parts of a large split and counts the states of all', () => {
  expect(shown(100)).not.toContain('more, with --json');
  const lines = shown(2_500);
  expect(lines).toContain('… 2400 more, with --json; of all 2500: 1 running, 2499 parked');
  expect(lines).not.toContain('k100 ');
  expect(lines).toContain('estimated 2500.00');
});
