import { defineCommand, flag } from '../command.ts';

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

export const toolchainPin = defineCommand({
  name: 'toolchain pin',
  summary: 'make the root file system of builds from Debian packages, to be used by sandbox: { root: pinned }',
  details:
    "Packages come from the sources that apt of this machine has; sandbox.packages in slowlane.yaml names them. Needs root's rights. What was made once is used again, until --refresh.",
  options: [{ form: '--refresh', help: 'make it anew, from the packages of today' }],
  run: (input, { local }) => local.pinToolchain({ refresh: flag(input, 'refresh') }),
  render: ({ digest, suite, packages, folder, isUsed }, style) => [
    `${style.good('pinned')}  ${packages.length} packages of ${suite}: ${digest}`,
    style.dim(folder),
    isUsed
      ? 'Restart Slow Lane to use it: ./slowlane down && ./slowlane up'
      : 'To use it: sandbox: { root: pinned } in slowlane.yaml',
  ],
});
