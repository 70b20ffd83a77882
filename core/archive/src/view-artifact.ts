import { type ArtifactKind, type ArtifactView, SlowLaneError } from '@slowlane/contracts';
import { summariseJar } from './jar-summary.ts';
import { readSmallTexts } from './small-texts.ts';
import { readZipIndex, type ZipSource } from './zip.ts';

/** An artifact or companion: its file name, and where its bytes are. */
export interface ArtifactSource {
  name: string;
  size: number;
  source: ZipSource;
}

/**
 * Everything a plugin's `inspect` may see of an artifact. Companions are opened only as far as their names say something.
 * Throws `artifact.invalid` for what is not of its kind, `archive.refused` for what is hostile.
 */
export async function viewArtifact(
  file: ArtifactSource,
  kind: ArtifactKind,
  companions: readonly Pick<ArtifactSource, 'name' | 'size'>[],
): Promise<ArtifactView> {
  const view = {
    kind,
    name: file.name,
    size: file.size,
    companions: companions.map(({ name, size }) => ({ name, size })),
  };
  try {
    switch (kind) {
      case 'jar':
        return { ...view, ...(await summariseJar(file.source, [file.name, ...companions.map(({ name }) => name)])) };
      case 'wheel':
        return { ...view, ...noClasses, ...(await readWheel(file.source)) };
      case 'python-script':
        return { ...view, ...noClasses, entries: [{ path: file.name, size: file.size }], contents: {} };
      case 'notebooks':
        return { ...view, ...noClasses, ...(await readNotebooks(file.source)) };
    }
  } catch (error) {
    if (!(error instanceof SlowLaneError)) throw error;
    throw new SlowLaneError(error.code, `${file.name}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

const noClasses = { classFile: undefined, mainClasses: [], scala: undefined };

async function readWheel(source: ZipSource): Promise<Pick<ArtifactView, 'entries' | 'contents'>> {
  const index = await readZipIndex(source);
  try {
    const contents = await readSmallTexts(index, (path) =>
      /^[^/]+\.dist-info\/(METADATA|WHEEL|entry_points\.txt)$/.test(path),
    );
    if (!Object.keys(contents).some((path) => path.endsWith('.dist-info/METADATA'))) {
      throw new SlowLaneError('artifact.invalid', 'no *.dist-info/METADATA in the wheel');
    }
    return { entries: index.entries.map(({ path, size }) => ({ path, size })), contents };
  } finally {
    await index.close();
  }
}

async function readNotebooks(source: ZipSource): Promise<Pick<ArtifactView, 'entries' | 'contents'>> {
  const index = await readZipIndex(source);
  try {
    const contents = await readSmallTexts(index, (path) => /\.(py|scala|r|sql|ipynb)$/i.test(path));
    return { entries: index.entries.map(({ path, size }) => ({ path, size })), contents };
  } finally {
    await index.close();
  }
}
