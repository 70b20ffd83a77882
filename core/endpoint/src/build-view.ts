import type { BuildRecord, BuildView, JsonObject } from '@slowlane/contracts';
import { failureView } from './request-view.ts';

export function buildView(build: BuildRecord, manifest?: JsonObject): BuildView {
  const { found } = build;
  return {
    id: build.id,
    correlationId: build.correlationId,
    pipeline: build.pipeline,
    state: build.state,
    purpose: build.purpose.kind,
    createdAt: build.createdAt,
    endedAt: build.endedAt,
    commit: found.commit,
    plugin: found.plugin,
    evidence: found.evidence,
    cachedFrom: found.cachedFrom,
    artifact: found.set,
    manifest,
    tests: found.tests,
    coverage: found.coverage,
    registrations: found.registrations,
    failure: failureView(build.failure),
  };
}
