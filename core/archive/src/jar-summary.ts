import { type ArtifactView, SlowLaneError } from '@slowlane/contracts';
import { readClassFile } from './class-file.ts';
import { readSmallTexts } from './small-texts.ts';
import { scalaEvidence, scalaMark, type ScalaClues } from './scala-evidence.ts';
import { readZipIndex, type ZipEntry, type ZipIndex, type ZipSource } from './zip.ts';

export type JarSummary = Pick<ArtifactView, 'classFile' | 'mainClasses' | 'entries' | 'contents' | 'scala'>;

const MAX_CLASS_BYTES = 16 * 1024 ** 2;
/** Reading classes takes about 1 s per 100 MB: a JAR with more than this is no driver application. */
const MAX_ALL_CLASS_BYTES = 1024 ** 3;

/**
 * Everything about a JAR that decides whether it runs: classes with a main method, the newest class-file version, Scala evidence.
 * `fileNames`: the artifact's own and its companions' names, as further evidence. Throws `archive.refused` or `artifact.invalid`.
 */
export async function summariseJar(source: ZipSource, fileNames: readonly string[] = []): Promise<JarSummary> {
  const index = await readZipIndex(source);
  try {
    const classes = await readClasses(index);
    const paths = index.entries.map((entry) => entry.path);
    return {
      entries: index.entries.map(({ path, size }) => ({ path, size })),
      contents: await readSmallTexts(index, isJarText),
      classFile: classes.newest,
      mainClasses: classes.mains.sort(),
      scala: scalaEvidence({
        fileNames,
        libraryProperties: await libraryProperties(index),
        tasty: paths.find((path) => path.endsWith('.tasty')),
        mavenPaths: paths.filter((path) => path.startsWith('META-INF/maven/')),
        reference: classes.reference,
      }),
    };
  } finally {
    await index.close();
  }
}

function isJarText(path: string): boolean {
  return path === 'META-INF/MANIFEST.MF' || (path.startsWith('META-INF/') && path.endsWith('.properties'));
}

interface ClassesRead {
  newest: ArtifactView['classFile'];
  mains: string[];
  reference: ScalaClues['reference'];
}

async function readClasses(index: ZipIndex): Promise<ClassesRead> {
  const classes = index.entries.filter(isClass);
  const total = classes.reduce((sum, entry) => sum + entry.size, 0);
  if (total > MAX_ALL_CLASS_BYTES) {
    throw new SlowLaneError(
      'artifact.invalid',
      `the JAR holds ${total} bytes of classes, at most ${MAX_ALL_CLASS_BYTES} are read`,
    );
  }
  const read: ClassesRead = { newest: undefined, mains: [], reference: undefined };
  const versions = new Set<string>();
  for (const entry of classes) {
    const bytes = await index.read(entry.path, MAX_CLASS_BYTES);
    const found = readClassFile(bytes);
    if (found === undefined) throw new SlowLaneError('artifact.invalid', `${entry.path} is not a valid class file`);
    if (read.newest === undefined || found.major > read.newest.major)
      read.newest = { major: found.major, example: found.name };
    if (found.hasMain) read.mains.push(found.name);
    const mark = scalaMark(bytes);
    if (mark !== undefined) versions.add(mark.version);
    if (mark !== undefined) read.reference ??= { ...mark, className: found.name };
  }
  // A library that serves both versions names classes of both: then this says nothing.
  if (versions.size !== 1) read.reference = undefined;
  return read;
}

/** `META-INF/versions/<n>` is only loaded by a JVM of that version, `module-info` never as a class of the program. */
function isClass(entry: ZipEntry): boolean {
  return (
    entry.path.endsWith('.class') && !entry.path.startsWith('META-INF/') && !entry.path.endsWith('module-info.class')
  );
}

async function libraryProperties(index: ZipIndex): Promise<string | undefined> {
  const entry = index.entries.find(({ path }) => path === 'library.properties');
  if (entry === undefined || entry.size > 65_536) return undefined;
  const text = (await index.read(entry.path, 65_536)).toString('utf8');
  // Other libraries have a file of this name too.
  return text.includes('EPFL') || /scala/i.test(text) ? text : undefined;
}
