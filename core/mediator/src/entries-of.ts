import { SlowLaneError, type VolumeStore } from '@slowlane/contracts';

/** Files and folders of a folder on a volume; one that is not there has none. */
export async function entriesOf(volumes: VolumeStore, folder: string): ReturnType<VolumeStore['list']> {
  try {
    return await volumes.list(folder);
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found') return [];
    throw error;
  }
}
