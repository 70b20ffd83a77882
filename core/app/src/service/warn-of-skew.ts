import type { Logger } from '@slowlane/contracts';

/** Less is what NTP leaves and a slow answer of Redis adds. */
const TOLERATED_MS = 2_000;

/** Says at start that this machine's clock is off. `aheadMs`: how far Redis' time is ahead of it. */
export function warnOfSkew(aheadMs: number, logger: Logger): void {
  if (Math.abs(aheadMs) <= TOLERATED_MS) return;
  const direction = aheadMs > 0 ? 'behind' : 'ahead of';
  logger.warn(
    { skewMs: -aheadMs },
    `this machine's clock is ${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${direction} that of redis: records, leases and tokens go by redis, but ` +
      'delayed queue jobs and log lines of this node are off by as much; let both machines keep time by NTP (timedatectl set-ntp true)',
  );
}
