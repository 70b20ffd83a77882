import { SlowLaneError } from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';
import type { Installation } from '../processes/installation.ts';
import { openBareBuild } from './build/bare-build.ts';
import { type BuildRig, openBuildRig, openProject } from './build/build-rig.ts';
import { sandboxedBuild } from './build/sandboxed-build.ts';
import { type Figure, median, ratioFigure } from './figures.ts';

const projects = [
  { language: 'scala-sbt', tool: 'sbt', template: 'driver-scala-sbt' },
  { language: 'java-maven', tool: 'Maven', template: 'driver-java-maven' },
  { language: 'java-gradle', tool: 'Gradle', template: 'driver-java-gradle' },
  { language: 'python', tool: 'pip', template: 'driver-python-wheel' },
];
const rounds = { cold: 2, warm: 5 };

/**
 * Builds of the driver templates against the bare tool with the same command lines, cold and warm, in turn. `language`: that one alone.
 * Bare cold is the one run that a tool needs; ours resolves with the gateway first and then builds again without network.
 */
export async function benchBuild(
  installation: Installation,
  say: (line: string) => void,
  language?: string,
): Promise<Figure[]> {
  const chosen = projects.filter((project) => language === undefined || project.language === language);
  if (chosen.length === 0)
    throw new SlowLaneError('cli.usage', `bench build: there is no language "${language}"`, {
      hint: `One of: ${projects.map((project) => `build:${project.language}`).join(', ')}`,
    });
  const figures: Figure[] = [];
  for (const project of chosen) {
    // A gateway of its own for each: its first build fetches for both sides.
    const rig = await openBuildRig(installation);
    try {
      figures.push(...(await benchProject(rig, project, say)));
    } finally {
      await rig.close();
    }
  }
  return figures;
}

async function benchProject(
  rig: BuildRig,
  { language, tool, template }: (typeof projects)[number],
  say: (line: string) => void,
): Promise<Figure[]> {
  const project = await openProject(rig, language, template);
  const bare = await openBareBuild(rig, project, language);
  // One name for all times: sets that are kept take the room of other builds' sets.
  const set = `bench ${language}`;
  try {
    say(`${language}: first builds, which fill the gateway`);
    await sandboxedBuild(rig, project, { set, isCold: true });
    await bare.cold();
    say(`${language}: cold, ${rounds.cold} rounds`);
    const cold = { ours: [] as number[], raw: [] as number[] };
    for (let round = 0; round < rounds.cold; round++) {
      cold.ours.push((await sandboxedBuild(rig, project, { set, isCold: true })).whole);
      cold.raw.push(await bare.cold());
    }
    const coldly = coldFigure(`${tool}: cold build, gateway filled, against one run of the bare tool`, cold);
    say(`${language}: cold ${coldly.ours} against ${coldly.raw}; warm, ${rounds.warm} rounds`);
    await sandboxedBuild(rig, project, { set, isCold: false });
    await bare.warm();
    const [whole, steps, raw]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds.warm; round++) {
      const ours = await sandboxedBuild(rig, project, { set, isCold: false });
      whole.push(ours.whole);
      steps.push(ours.steps);
      raw.push(await bare.warm());
    }
    return [
      coldly,
      ratioFigure(`${tool}: warm, the tool in the sandbox against the bare tool`, { ours: steps, raw }, 1.1),
      ratioFigure(
        `${tool}: warm, whole build until the sandbox is gone, against the bare tool`,
        { ours: whole, raw },
        1.1,
      ),
    ];
  } finally {
    await bare.close();
  }
}

/** There is no figure to reach: what is built without network is built once more. */
function coldFigure(name: string, { ours, raw }: { ours: number[]; raw: number[] }): Figure {
  return {
    name,
    ours: formatDuration(median(ours)),
    raw: formatDuration(median(raw)),
    ratio: (median(ours) / median(raw)).toFixed(2),
    target: '-',
    met: true,
  };
}
