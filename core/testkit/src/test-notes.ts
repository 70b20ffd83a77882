import type { BuildRecord, BuildView } from '@slowlane/contracts';

/** Columns of the table language x stage: what a pushed project comes through, and at last a run on Spark. */
export const pushStages = [
  ...(['detect', 'plan', 'build', 'test', 'coverage', 'inspect', 'publish', 'register', 'run'] as const),
];
export type PushStage = (typeof pushStages)[number];

/** One project through the push lane: the stages that it came through. */
export interface StagesNote {
  kind: 'stages';
  language: string;
  stages: PushStage[];
}

/** One driver under the abuse suite: per test of its table, attacks that held of attacks carried out. */
export interface AbuseNote {
  kind: 'abuse';
  driver: string;
  tier: string;
  rows: { id: string; attacks: number; held: number; ok: boolean; notClaimed?: string }[];
}

/** Cold builds of one commit, each with caches of its own. */
export interface DigestsNote {
  kind: 'digests';
  language: string;
  project: string;
  digests: string[];
  /** Why they may differ, as the build itself says. */
  reason?: string;
}

/** Stages that projects of a language cannot have, with what the product says to those who ask for them. */
export interface RefusedStagesNote {
  kind: 'refused-stages';
  language: string;
  stages: PushStage[];
  reason: string;
}

export type TestNote = StagesNote | AbuseNote | DigestsNote | RefusedStagesNote;

/**
 * Keeps what a test has seen with its own result, in the report of the test runner: tables of a run are made from there, so they tell what that run has
 * exercised and nothing else. `test`: the one that runs (`TestRunner.getCurrentTest()`, or `task` of its context); without one nothing is kept.
 */
export function leaveNote(test: { meta: object } | undefined, note: TestNote): void {
  if (test === undefined) return;
  const meta: { slowlane?: TestNote[] } = test.meta;
  meta.slowlane = [...(meta.slowlane ?? []), note];
}

/** The notes of one test in a report; a report is read as it comes, so whatever else stands there is left alone. */
export function notesIn(meta: unknown): TestNote[] {
  const notes = typeof meta === 'object' && meta !== null ? (meta as { slowlane?: unknown }).slowlane : undefined;
  return Array.isArray(notes) ? (notes as TestNote[]) : [];
}

/** A stage whose work was taken over from an earlier build was not exercised, and does not count. */
export function stagesOf(build: BuildRecord | BuildView): StagesNote | undefined {
  const { plugin, cachedFrom, tests, coverage, manifest, registrations, hasPlan, hasSet } = plain(build);
  if (plugin === undefined) return undefined;
  const isOwn = cachedFrom === undefined;
  const came: Record<PushStage, boolean> = {
    detect: true,
    plan: hasPlan,
    build: isOwn && hasSet,
    test: isOwn && (tests?.passed ?? 0) > 0,
    coverage: isOwn && (coverage?.covered ?? 0) > 0,
    inspect: isOwn && manifest !== undefined,
    publish: published.includes(build.state),
    register: build.state === 'registered' && (registrations ?? []).length > 0,
    run: false,
  };
  return { kind: 'stages', language: plugin, stages: pushStages.filter((stage) => came[stage]) };
}

const published: readonly string[] = ['published', 'registering', 'registered', 'built'];

function plain(build: BuildRecord | BuildView) {
  if ('found' in build)
    return { ...build.found, hasPlan: build.found.plan !== undefined, hasSet: build.found.set !== undefined };
  return { ...build, hasPlan: build.artifact !== undefined, hasSet: build.artifact !== undefined };
}
