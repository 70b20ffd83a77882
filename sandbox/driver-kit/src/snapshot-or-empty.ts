import { existsSync } from 'node:fs';

/** Makes a volume from a kept copy. Copies make room for newer ones at any time: one that has gone since it was found is as if it had never been there. */
export async function snapshotOrEmpty<T>(
  image: string | undefined,
  make: (from: string | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await make(image);
  } catch (error) {
    if (image === undefined || existsSync(image)) throw error;
    return make(undefined);
  }
}
