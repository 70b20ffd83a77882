export const pluginFolders: { id: string; folder: string }[] = [
  { id: 'python', folder: 'plugins/python' },
  { id: 'scala-sbt', folder: 'plugins/scala-sbt' },
];
