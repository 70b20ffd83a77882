/** What a pinned root file system holds unless slowlane.yaml says otherwise: the tools that the languages of this product build with. */
export const pinnedPackages: readonly string[] = [
  'openjdk-17-jdk-headless',
  'maven',
  'python3',
  'python3-venv',
  'python3-pip',
  'r-base-core',
  'git',
  'openssh-client',
  'ca-certificates',
];
