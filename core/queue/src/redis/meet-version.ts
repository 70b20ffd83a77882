import { stateVersion } from './scripts.ts';
import type { Store } from './store.ts';
import { versionError } from './version-error.ts';

/** Takes an empty or idle Redis over for our version; throws `queue.version` where another version has parts waiting or running. */
export async function meetVersion(store: Store): Promise<void> {
  const stands = String(await store.run('meet-version', stateVersion));
  if (stands !== stateVersion)
    throw versionError(`Redis holds parts of state version ${stands}, and this is version ${stateVersion}`);
}
