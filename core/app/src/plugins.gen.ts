// Written by tools/generate-plugin-registry.ts from the folders of plugins/. Do not edit.
export const pluginFolders: { id: string; folder: string }[] = [
  { id: 'java-maven', folder: 'plugins/java-maven' },
  { id: 'python', folder: 'plugins/python' },
  { id: 'scala-sbt', folder: 'plugins/scala-sbt' },
];
