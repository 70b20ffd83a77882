import { SlowLaneError } from '@slowlane/contracts';

/** Word with which every script refuses to work on the state of another version. */
export const VERSION_REPLY = 'SLVERSION';

export function versionError(message: string): SlowLaneError {
  return new SlowLaneError('queue.version', message);
}
