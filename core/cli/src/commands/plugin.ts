import { defineCommand, text } from '../command.ts';

export const pluginLs = defineCommand({
  name: 'plugin ls',
  summary: 'language plugins: those that ship and those that slowlane.yaml names, with what they look at',
  details:
    'Read from this installation; nothing needs to run. A plugin that cannot be loaded is shown with the reason.',
  run: (_input, { local }) => local.listPlugins(),
  render: ({ plugins }, style) =>
    style.table(
      plugins.map(({ id, version, source, folder, recognises, toolchains, registries, problem }) => [
        id,
        problem === undefined ? version : style.bad('broken'),
        source === 'built-in' ? source : folder,
        problem ?? shortened(recognises),
        toolchains.join(' '),
        registries.join(' '),
      ]),
      ['plugin', 'version', 'from', 'recognises by', 'tools', 'registries'],
    ),
});

function shortened(globs: readonly string[]): string {
  const shown = globs.slice(0, 4).join(' ');
  return globs.length > 4 ? `${shown} …` : shown;
}

export const pluginNew = defineCommand({
  name: 'plugin new',
  summary: 'a folder plugin-NAME with a whole language plugin to start from',
  details:
    'The folder holds a plugin for Go with its fixtures and an example, under your name: change what it recognises, plans and inspects. Try it with slowlane plugin test, then name it under plugins in slowlane.yaml.',
  args: [{ form: '<name>', help: 'id of the language: lower-case letters and digits, with "-" between' }],
  options: [{ form: '--in <folder>', help: 'where the folder is made', default: '.' }],
  run: (input, { local }) => local.newPlugin(input.args[0] as string, text(input, 'in') ?? '.'),
  render: ({ folder, files, line }, style) => [
    `${style.good('made')} ${folder}  ${style.dim(`(${files.length} files)`)}`,
    `test it     slowlane plugin test ${folder}`,
    `switch it on in slowlane.yaml    ${line}`,
  ],
});

export const pluginTest = defineCommand({
  name: 'plugin test',
  summary: 'hold a plugin against the contract, on its own fixtures; nothing needs to run',
  details:
    'Plugin code runs as in the plugin host: in a process of its own without files, environment and endless time. The network is not closed here, as it is in the sandbox.',
  args: [{ form: '<folder>', help: 'folder of the plugin' }],
  async run(input, { local }) {
    const outcome = await local.testPlugin(input.args[0] as string);
    return { ...outcome, exitCode: outcome.failed === 0 ? 0 : 1 };
  },
  render: ({ plugin, findings, passed, failed }, style) => [
    ...findings.filter(({ ok }) => !ok).map(({ test, detail }) => `${style.bad('✗')} ${test}: ${detail}`),
    `${plugin}: ${passed} passed, ${failed === 0 ? '0 failed' : style.bad(`${failed} failed`)}`,
  ],
});
