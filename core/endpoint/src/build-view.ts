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
    dependencies: dependenciesOf(found),
    varies: found.varies,
    artifact: found.set,
    manifest,
    tests: found.tests,
    coverage: found.coverage,
    registrations: found.registrations,
    failure: failureView(build.failure),
  };
}

/** Without the blob, which callers cannot open. */
function dependenciesOf({ dependencies }: BuildRecord['found']): BuildView['dependencies'] {
  if (dependencies === undefined) return undefined;
  const { key, how, why, resolvedAt, files, floating } = dependencies;
  return { key, how, why, resolvedAt, files, floating };
}
