import type { BuildRecord } from '@slowlane/contracts';

export const buildId = 'bld_01J0000000000000000000000B';

export function buildWith(changes: Partial<BuildRecord>): BuildRecord {
  return {
    id: buildId,
    correlationId: 'cor_01J0000000000000000000000C',
    pipeline: 'daily-sales',
    revision: 1,
    source: { kind: 'mirror', pipeline: 'daily-sales', ref: 'refs/heads/main', commit: 'abc' },
    purpose: { kind: 'push', pushId: 'push_01J0000000000000000000000P' },
    principal: 'author',
    language: undefined,
    driver: undefined,
    state: 'building',
    createdAt: 1,
    endedAt: undefined,
    failure: undefined,
    found: {},
    ...changes,
  };
}
