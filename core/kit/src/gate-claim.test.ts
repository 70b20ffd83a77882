import { PipelineFile } from '@slowlane/contracts';
import { expect, it } from 'vitest';
import { gateClaim, tenantName } from './gate-claim.ts';

const registration = { pool: 'small', workspace: 'main' };

it('claims operation, pool, workspace, quotas of its API, shared resources, and the tenant that the body names', () => {
  const gates = { weight: 2, priority: 3, resources: { 'erp-db': 1 }, tenant: 'customer' };
  const file = PipelineFile.parse({ pipeline: 'daily', operation: { gates } });
  expect(gateClaim(file, registration, { principal: 'tok_a', body: { customer: 'acme' } })).toEqual({
    priority: 3,
    dimensions: {
      '*': 1,
      'op:daily': 2,
      'pool:small': 2,
      'ws:main': 2,
      'tn:acme': 2,
      'res:erp-db': 1,
      'quota:main:tasks': 1,
      'quota:main:runs-per-hour': 1,
    },
  });
});

it('takes tenant and priority of the request before those of the file, and the principal where nobody names one', () => {
  const file = PipelineFile.parse({ pipeline: 'daily', operation: { gates: { tenant: 'customer' } } });
  const body = { customer: 'acme' };
  const own = gateClaim(file, registration, { principal: 'tok_a', body, tenant: 'other', priority: 1 });
  expect([own.priority, own.dimensions['tn:other']]).toEqual([1, 1]);
  expect(gateClaim(file, registration, { principal: 'tok_a', body: {} }).dimensions['tn:tok_a']).toBe(1);
});

it('keeps tenants apart whose names cannot stand in a dimension', () => {
  const names = ['a|b', 'a=b', 'a b', '', '|', 'x'.repeat(200), `${'x'.repeat(199)}y`].map(tenantName);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/);
});
