import { type Detection, type PluginHost, SlowLaneError, type TreeSnapshot } from '@slowlane/contracts';

const filesShown = 15;

interface Found {
  plugin: string;
  /** What decided. */
  evidence: string[];
  /** Plugins that failed when they were asked, and why: no reason to stop where another one knows the project. */
  failed?: string[];
}

/**
 * The one language plugin that knows the project; one that is named is taken at its word. Throws `detect.none`, `detect.ambiguous` with the
 * candidates, `detect.failed` for a file that could not be read, or `plugin.failed` of a plugin that failed where no other knows the project.
 */
export function chooseLanguage(plugins: PluginHost, tree: TreeSnapshot, language: string | undefined): Promise<Found> {
  return language === undefined ? detectAll(plugins, tree) : named(plugins, tree, language);
}

async function named(plugins: PluginHost, tree: TreeSnapshot, language: string): Promise<Found> {
  const ids = await idsOf(plugins);
  if (!ids.includes(language)) {
    await throwIfBroken(plugins, tree, language);
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

/** A plugin that cannot be loaded is in no list; whoever names it learns why. */
async function throwIfBroken(plugins: PluginHost, tree: TreeSnapshot, language: string): Promise<void> {
  const answer = await asked(plugins, tree, language);
  if ('failure' in answer && answer.failure.data?.['plugin'] === language) throw answer.failure;
}

/** A failure that is the plugin's own costs no more than its answer; any other ends the call. */
async function asked(
  plugins: PluginHost,
  tree: TreeSnapshot,
  plugin: string,
): Promise<{ plugin: string; detection: Detection } | { plugin: string; failure: SlowLaneError }> {
  try {
    return { plugin, detection: await plugins.detect(plugin, tree) };
  } catch (failure) {
    if (failure instanceof SlowLaneError && ['plugin.failed', 'detect.none'].includes(failure.code))
      return { plugin, failure };
    throw failure;
  }
}

async function detectAll(plugins: PluginHost, tree: TreeSnapshot): Promise<Found> {
  const ids = await idsOf(plugins);
  const all = await Promise.all(ids.map((plugin) => asked(plugins, tree, plugin)));
  const answers = all.flatMap((one) => ('detection' in one ? [one] : []));
  const failures = all.flatMap((one) => ('failure' in one ? [one.failure] : []));
  const matches = answers.flatMap(({ plugin, detection }) =>
    detection.match === 'yes' ? [{ plugin, evidence: detection.evidence }] : [],
  );
  const [only, ...others] = matches;
  if (only !== undefined && others.length === 0)
    return failures.length === 0 ? only : { ...only, failed: failures.map(({ message }) => message) };
  if (only !== undefined) throw ambiguous(matches);
  const broken = answers.filter(({ detection }) => detection.match === 'error');
  throw broken.length > 0 ? unreadable(broken) : (failures[0] ?? none(ids, tree));
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
