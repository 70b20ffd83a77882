/** Public door of core/archive: the only place that opens tar, gzip, zip, JAR and class files. All bytes are treated as hostile. */
export { archiveLimits, type ArchiveLimits } from './limits.ts';
export { createPathGuard, type PathGuard } from './path-guard.ts';
export { readTar, readTarGz, type TarEntry, type TarEntryHandler, type TarSummary } from './read-tar.ts';
export { extractTar } from './extract-tar.ts';
export { packTar, type PackOptions, type TarInput } from './pack-tar.ts';
export { packFolder, type FolderFilter, type PackFolderOptions } from './pack-folder.ts';
export { readZipEntry, readZipIndex, zipLimits, type ZipEntry, type ZipIndex, type ZipSource } from './zip.ts';
export { classTexts, readClassFile, type ClassFile } from './class-file.ts';
export { summariseJar, type JarSummary } from './jar-summary.ts';
export { viewArtifact, type ArtifactSource } from './view-artifact.ts';
