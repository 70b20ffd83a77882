import { putBytes } from '@slowlane/artifacts';
import type { BlobStore, BuildLane, Digest } from '@slowlane/contracts';

const pageLines = 5_000;

/** Stores the log of a build as it is now; gives its blob. */
export async function keepLog(deps: { builds: BuildLane; blobs: BlobStore }, buildId: string): Promise<Digest> {
  const texts: string[] = [];
  for (let after = ''; ;) {
    const lines = await deps.builds.readLog(buildId, after, pageLines, 0);
    texts.push(...lines.map((line) => line.text));
    const last = lines.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  return (await putBytes(deps.blobs, texts.map((text) => `${text}\n`).join(''))).digest;
}
