import { type PipelineView, SlowLaneError } from '@slowlane/contracts';
import { renderBuild } from '../build-text.ts';
import { defineCommand, flag, type Style, text } from '../command.ts';
import { followBuild } from '../follow-build.ts';

export const pipelineValidate = defineCommand({
  name: 'pipeline validate',
  summary: 'check a pipeline file against schema and policy, without a running Slow Lane',
  args: [{ form: '<file>', help: 'pipeline file, - for standard input' }],
  async run(input, { local }) {
    const file = input.args[0] as string;
    return local.validatePipeline(await local.readPipeline(file), file);
  },
  render: (_file, style) => [style.good('valid')],
});

export const pipelineApply = defineCommand({
  name: 'pipeline apply',
  summary: 'store a pipeline file as the newest revision',
  args: [{ form: '<file>', help: 'pipeline file, - for standard input' }],
  async run(input, { local, client }) {
    const file = input.args[0] as string;
    const yaml = await local.readPipeline(file);
    const { pipeline } = await local.validatePipeline(yaml, file);
    return client().applyPipeline(pipeline, yaml);
  },
  render: renderPipeline,
});

export const pipelineLs = defineCommand({
  name: 'pipeline ls',
  summary: 'list pipelines',
  run: async (_input, { client }) => ({ pipelines: await client().listPipelines() }),
  render: ({ pipelines }, style) =>
    style.table(
      pipelines.map((row) => [
        row.name,
        String(row.revision),
        row.origin,
        row.registration?.jobId ?? '',
        row.registration?.artifact.slice(0, 19) ?? '',
        row.gitUrl,
      ]),
      ['pipeline', 'revision', 'from', 'job', 'artifact', 'push to'],
    ),
});

export const pipelineShow = defineCommand({
  name: 'pipeline show',
  summary: 'one pipeline: its file and its registered job',
  args: [{ form: '<name>', help: 'name of the pipeline' }],
  run: (input, { client }) => client().getPipeline(input.args[0] as string),
  render: (view, style) => [...renderPipeline(view, style), '', view.text],
});

export const pipelineBuild = defineCommand({
  name: 'pipeline build',
  summary: 'build what source.git of the file names, and register it as a push would',
  args: [{ form: '<name>', help: 'name of the pipeline' }],
  options: [
    { form: '--ref <ref>', help: 'branch, tag or commit (default: source.ref of the file)' },
    { form: '--refresh', help: 'build again, and resolve the dependencies anew' },
  ],
  async run(input, context) {
    const ref = text(input, 'ref');
    const started = await context.client().buildPipeline(input.args[0] as string, {
      ...(ref !== undefined && { ref }),
      ...(flag(input, 'refresh') && { refresh: true }),
    });
    return followBuild(started.id, context);
  },
  render: renderBuild,
});

export const pipelineRollback = defineCommand({
  name: 'pipeline rollback',
  summary: 'let new requests run an earlier artifact; what was accepted before keeps its own',
  args: [{ form: '<name>', help: 'name of the pipeline' }],
  options: [
    { form: '--to <id>', help: 'digest of the artifact, or id of its build (default: the artifact before this one)' },
    { form: '--target <name>', help: 'target of the pipeline file (default: its first)' },
  ],
  run(input, { client }) {
    const [to, target] = [text(input, 'to'), text(input, 'target')];
    return client().rollbackPipeline(input.args[0] as string, {
      ...(to !== undefined && { to }),
      ...(target !== undefined && { target }),
    });
  },
  render: (view, style) => [
    `${style.bold(view.pipeline)} ${view.target}: job ${view.jobId} on ${view.workspace}`,
    `artifact   ${view.to} (build ${view.buildId})`,
    `before     ${view.from}`,
  ],
});

export const pipelinePromote = defineCommand({
  name: 'pipeline promote',
  summary: 'register with a target what was built already: the same bytes, nothing is built',
  args: [{ form: '<name>', help: 'name of the pipeline' }],
  options: [
    { form: '--to <target>', help: 'target of the pipeline file' },
    { form: '--artifact <id>', help: 'digest of the artifact, or id of its build (default: what another target has)' },
  ],
  async run(input, { client }) {
    const [target, artifact] = [text(input, 'to'), text(input, 'artifact')];
    if (target === undefined) throw new SlowLaneError('cli.usage', 'pipeline promote: --to TARGET is missing');
    return client().promotePipeline(input.args[0] as string, { target, ...(artifact !== undefined && { artifact }) });
  },
  render: (view, style) => [
    `${style.bold(view.pipeline)} ${view.target}: job ${view.jobId} on ${view.workspace}`,
    `artifact   ${view.artifact} (build ${view.buildId})`,
  ],
});

function renderPipeline(view: PipelineView, style: Style): string[] {
  const { registration } = view;
  return [
    `${style.bold(view.name)}  revision ${view.revision} (${view.origin}, by ${view.by})`,
    `push to    ${view.gitUrl}`,
    ...(registration === undefined
      ? [style.dim('no job yet: push the source, or run: slowlane pipeline build NAME where the file names source.git')]
      : [`job        ${registration.jobId} on ${registration.workspace}`, `artifact   ${registration.artifact}`]),
  ];
}
