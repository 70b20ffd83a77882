import type { SlowLaneClient } from '@slowlane/client';
import type { BuildView } from '@slowlane/contracts';
import { leaveNote, stagesOf } from '@slowlane/testkit';
import { TestRunner } from 'vitest';

/** Keeps with the result of the running test which stages the newest build of a pipeline came through; gives its language. */
export async function noteNewestBuild(client: SlowLaneClient, pipeline: string): Promise<string | undefined> {
  const [build] = (await client.listBuilds({ pipeline })).builds;
  // A list shows no manifests.
  return build === undefined ? undefined : noteBuild(await client.getBuild(build.id));
}

export function noteBuild(build: BuildView): string | undefined {
  const note = stagesOf(build);
  if (note !== undefined) leaveNote(TestRunner.getCurrentTest(), note);
  return build.plugin;
}

/** What was registered has run; whether its result is right says the verdict of the test. */
export function noteRun(language: string | undefined): void {
  if (language !== undefined) leaveNote(TestRunner.getCurrentTest(), { kind: 'stages', language, stages: ['run'] });
}
