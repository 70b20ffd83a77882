/**
 * Flags of a JVM that starts faster: the resolve phase leaves an archive of the classes that the tool has loaded (JEP 350), and builds with the same
 * dependency set map it. It lies in `/work/home` with the tool's own files, whose times and sizes the JVM compares; an archive that does not fit, or
 * is not there, is passed over without a word. `jdk`: the JDK's version; those before 13 get no flags. `use`: `write` in the resolve phase only.
 */
export function classArchive(jdk: string, use: 'write' | 'read'): string[] {
  if (Number.parseInt(jdk, 10) < 13) return [];
  const option = use === 'write' ? 'ArchiveClassesAtExit' : 'SharedArchiveFile';
  return [`-XX:${option}=/work/home/slowlane-classes.jsa`, '-Xlog:cds*=error'];
}
