import { readJsonBlob } from '@slowlane/artifacts';
import { type Detection, SlowLaneError, type TreeSnapshot } from '@slowlane/contracts';
import { pipelineOf } from '../pipeline-of.ts';
import type { StageContext } from '../stage-context.ts';
import type { StageDeps } from '../stage-deps.ts';
import { need } from '../need.ts';

const filesShown = 15;

/** Finds the one language plugin that knows the project; a plugin that the pipeline file names is taken at its word. */
export async function detect({ deps, record, log }: StageContext): Promise<void> {
  if (record.found.cachedFrom !== undefined) return;
  await deps.builds.advance(record.id, 'detecting', {});
  const tree = (await readJsonBlob(deps.blobs, need(record.found.snapshot, 'snapshot'))) as TreeSnapshot;
  const language = record.language ?? (await pipelineOf(deps, record)).language;
  const { plugin, evidence } = language === undefined ? await detectAll(deps, tree) : await named(deps, tree, language);
  await log.say(`${plugin}: ${evidence.join(', ')}`);
  await deps.builds.advance(record.id, 'detecting', { plugin, evidence });
}

interface Found {
  plugin: string;
  evidence: string[];
}

async function named(deps: StageDeps, tree: TreeSnapshot, language: string): Promise<Found> {
  const ids = await idsOf(deps);
  if (!ids.includes(language)) {
    throw new SlowLaneError('detect.none', `there is no language "${language}"; there are: ${ids.join(', ')}`, {
      hint: 'Correct "language" in the pipeline file.',
      data: { languages: ids },
    });
  }
  const detection = await deps.plugins.detect(language, tree);
  if (detection.match === 'error') throw unreadable([{ plugin: language, detection }]);
  return {
    plugin: language,
    evidence: detection.match === 'yes' ? detection.evidence : ['named in the pipeline file'],
  };
}

async function detectAll(deps: StageDeps, tree: TreeSnapshot): Promise<Found> {
  const ids = await idsOf(deps);
  const answers = await Promise.all(
    ids.map(async (plugin) => ({ plugin, detection: await deps.plugins.detect(plugin, tree) })),
  );
  const matches = answers.flatMap(({ plugin, detection }) =>
    detection.match === 'yes' ? [{ plugin, evidence: detection.evidence }] : [],
  );
  const [only, ...others] = matches;
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined) throw ambiguous(matches);
  const broken = answers.filter(({ detection }) => detection.match === 'error');
  throw broken.length > 0 ? unreadable(broken) : none(ids, tree);
}

async function idsOf(deps: StageDeps): Promise<string[]> {
  return (await deps.plugins.manifests()).map((manifest) => manifest.id).sort();
}

function ambiguous(matches: Found[]): SlowLaneError {
  const told = matches.map(({ plugin, evidence }) => `${plugin} (${evidence.join(', ')})`).join(' and ');
  return new SlowLaneError('detect.ambiguous', `the project looks like ${told}`, {
    hint: `Name one in the pipeline file: language: ${matches.map(({ plugin }) => plugin).join(' | ')}`,
    data: { matches },
  });
}

function unreadable(broken: { plugin: string; detection: Detection }[]): SlowLaneError {
  const told = broken.flatMap(({ plugin, detection }) =>
    detection.match === 'error' ? [`${plugin}: ${detection.evidence.join(', ')}: ${detection.reason}`] : [],
  );
  return new SlowLaneError('detect.failed', told.join('\n'));
}

function none(languages: string[], tree: TreeSnapshot): SlowLaneError {
  const paths = tree.entries.map((entry) => entry.path);
  const top = [...new Set(paths.map((path) => (path.includes('/') ? `${path.split('/')[0]}/` : path)))];
  const seen = top.slice(0, filesShown).join(', ') + (top.length > filesShown ? ', …' : '');
  return new SlowLaneError(
    'detect.none',
    `no language recognises the project; supported: ${languages.join(', ')}; seen: ${seen || 'no files'}`,
    { data: { languages, files: paths.slice(0, 100) } },
  );
}
