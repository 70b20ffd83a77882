import { setTimeout as pause } from 'node:timers/promises';

/** Whether the promise settled (either way) within the time. */
export async function settled(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  const late = new AbortController();
  const quiet = promise.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([quiet, pause(withinMs, false, { signal: late.signal }).catch(() => false)]);
  late.abort();
  return result;
}
