import { defineCommand } from '../command.ts';

export const toolchainLs = defineCommand({
  name: 'toolchain ls',
  summary: 'JDKs, Maven, Gradle, Python, R, sbt and Spark that builds can use, and how to add what is missing',
  details:
    'A project says which version it wants. What comes from a registry by version (sbt, Scala, a Maven of the wrapper) needs no installation.',
  run: (_input, { local }) => local.toolchains(),
  render: ({ root, tools, missing }, style) => [
    ...style.table(
      tools.map(({ name, version, home, inside }) => [
        name,
        version,
        inside === home ? home : `${home} (as ${inside})`,
      ]),
      ['tool', 'version', 'place'],
    ),
    ...missing.map(({ name, use, remedy }) => `${style.warn('missing')}  ${name} (${use}). ${remedy}`),
    style.dim(`root file system of builds: ${root}`),
  ],
});
