import { createHash } from 'node:crypto';

/**
 * Uids that the sandboxes of one installation run as: 64 of its own, so that two installations on a machine never share one. They lie above
 * every range that distributions, containers and systemd hand out.
 *
 * @see https://systemd.io/UIDS-GIDS (1879048192 and above is unused)
 */
export function slotUids(home: string): { firstUid: number; count: number } {
  const count = 64;
  const place = createHash('sha256').update(home).digest().readUInt32BE(0) % 100_000;
  return { firstUid: 1_900_000_000 + place * count, count };
}
