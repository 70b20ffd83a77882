// Written by tools/generate-plugin-registry.ts from the folders of plugins/. Do not edit.
export const pluginFolders: { id: string; folder: string }[] = [
  { id: 'jar', folder: 'plugins/jar' },
  { id: 'java-gradle', folder: 'plugins/java-gradle' },
  { id: 'java-maven', folder: 'plugins/java-maven' },
  { id: 'notebook', folder: 'plugins/notebook' },
  { id: 'python', folder: 'plugins/python' },
  { id: 'r', folder: 'plugins/r' },
  { id: 'scala-sbt', folder: 'plugins/scala-sbt' },
];
