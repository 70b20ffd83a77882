import type { BuildView } from '@slowlane/contracts';
import { formatBytes } from '@slowlane/kit';
import { renderBuild, stateText, took } from '../build-text.ts';
import { type CommandContext, defineCommand, flag, text } from '../command.ts';
import { followBuild } from '../follow-build.ts';
import { wholeOption } from '../read-option.ts';

export const build = defineCommand({
  name: 'build',
  summary: 'build a folder or a git URL: log, manifest, provenance, artifact; registers nothing',
  details:
    'A folder is sent as git would commit it. With --out the artifact and its companions are written to a folder.',
  args: [{ form: '<source>', help: 'folder, or https URL of a git repository' }],
  options: [
    { form: '--ref <ref>', help: 'branch, tag or commit of the URL', default: 'main' },
    { form: '--language <id>', help: 'language plugin, where detection is not wanted' },
    { form: '--pipeline <file>', help: 'pipeline file to build under' },
    { form: '--refresh', help: 'build again, and resolve the dependencies anew' },
    { form: '--out <folder>', help: 'write the artifact there' },
  ],
  async run(input, context) {
    const client = context.client();
    const source = input.args[0] as string;
    const language = text(input, 'language');
    const file = text(input, 'pipeline');
    const started = await client.createBuild({
      source: /^[a-z+]+:\/\//.test(source)
        ? { git: source, ref: text(input, 'ref') ?? 'main' }
        : await upload(source, context),
      ...(language === undefined ? {} : { language }),
      ...(flag(input, 'refresh') && { refresh: true }),
      ...(file === undefined ? {} : { pipeline: await context.local.readPipeline(file) }),
    });
    const ended = await followBuild(started.id, context);
    await download(ended, text(input, 'out'), context);
    return ended;
  },
  render: renderBuild,
});

export const buildLs = defineCommand({
  name: 'build ls',
  summary: 'list builds, newest first',
  options: [
    { form: '--pipeline <name>', help: 'of one pipeline' },
    { form: '--limit <n>', help: 'at most so many', default: '20' },
  ],
  run(input, context) {
    const pipeline = text(input, 'pipeline');
    return context
      .client()
      .listBuilds({ ...(pipeline === undefined ? {} : { pipeline }), limit: wholeOption(input, 'limit') ?? 20 });
  },
  render: ({ builds }, style) =>
    style.table(
      builds.map((row) => [
        row.id,
        row.pipeline,
        stateText(row, style),
        row.commit?.slice(0, 10) ?? '',
        row.cachedFrom === undefined ? '' : 'unchanged',
        took(row),
        row.artifact?.digest.slice(0, 19) ?? '',
      ]),
      ['build', 'pipeline', 'state', 'commit', '', 'took', 'artifact'],
    ),
});

export const buildShow = defineCommand({
  name: 'build show',
  summary: 'one build: what was found, made and registered',
  args: [{ form: '<id>', help: 'id of the build' }],
  run: (input, context) => context.client().getBuild(input.args[0] as string),
  render: renderBuild,
});

export const buildLogs = defineCommand({
  name: 'build logs',
  summary: 'the log of a build, live while it runs',
  args: [{ form: '<id>', help: 'id of the build' }],
  async run(input, context) {
    const id = input.args[0] as string;
    for await (const line of context.client().followBuildLog(id, { signal: context.signal }))
      context.write(`${line}\n`);
    return context.client().getBuild(id);
  },
});

async function upload(folder: string, context: CommandContext) {
  const { name, bytes } = await context.local.packFolder(folder);
  context.say(`sending ${name} (${formatBytes(bytes.length)}) ...`);
  const stored = await context.client().uploadSource(bytes);
  return { archive: stored.digest, name };
}

async function download(view: BuildView, folder: string | undefined, context: CommandContext): Promise<void> {
  if (folder === undefined || view.artifact === undefined) return;
  for (const file of [view.artifact.primary, ...view.artifact.companions]) {
    const answer = await context.client().openArtifact(view.id, file.name);
    await context.local.writeFile(`${folder}/${file.name}`, new Uint8Array(await answer.arrayBuffer()));
    context.say(`wrote ${folder}/${file.name}`);
  }
}
