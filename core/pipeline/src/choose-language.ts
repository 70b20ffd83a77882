import { type Detection, type PluginHost, SlowLaneError, type TreeSnapshot } from '@slowlane/contracts';

const filesShown = 15;

interface Found {
  plugin: string;
  /** What decided. */
  evidence: string[];
}

/**
 * The one language plugin that knows the project; one that is named is taken at its word. Throws `detect.none`, `detect.ambiguous` with the
 * candidates, or `detect.failed` for a file that could not be read.
 */
export function chooseLanguage(plugins: PluginHost, tree: TreeSnapshot, language: string | undefined): Promise<Found> {
  return language === undefined ? detectAll(plugins, tree) : named(plugins, tree, language);
}

async function named(plugins: PluginHost, tree: TreeSnapshot, language: string): Promise<Found> {
  const ids = await idsOf(plugins);
  if (!ids.includes(language)) {
    throw new SlowLaneError('detect.none', `there is no language "${language}"; there are: ${ids.join(', ')}`, {
      hint: 'Correct "language" in the pipeline file.',
      data: { languages: ids },
    });
  }
  const detection = await plugins.detect(language, tree);
  if (detection.match === 'error') throw unreadable([{ plugin: language, detection }]);
  return {
    plugin: language,
    evidence: detection.match === 'yes' ? detection.evidence : ['named in the pipeline file'],
  };
}

async function detectAll(plugins: PluginHost, tree: TreeSnapshot): Promise<Found> {
  const ids = await idsOf(plugins);
  const answers = await Promise.all(
    ids.map(async (plugin) => ({ plugin, detection: await plugins.detect(plugin, tree) })),
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

async function idsOf(plugins: PluginHost): Promise<string[]> {
  return (await plugins.manifests()).map((manifest) => manifest.id).sort();
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
