import { SlowLaneError } from '@slowlane/contracts';

/** A run is never started without a token that the service can hold: at most 64 characters. */
export function checkToken(token: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(token)) return;
  throw new SlowLaneError('platform.unexpected', `an idempotency token of ${token.length} characters was made`);
}
