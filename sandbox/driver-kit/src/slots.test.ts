import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSlots } from './slots.ts';

describe('slots', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/slowlane-slots-`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('give each uid once, also to two processes over one folder', async () => {
    const [one, other] = [
      openSlots(folder, { firstUid: 100, count: 4 }),
      openSlots(folder, { firstUid: 100, count: 4 }),
    ];
    const uids = await Promise.all([one.take('a'), other.take('b'), one.take('c'), other.take('d')]);
    expect([...uids].sort()).toEqual([100, 101, 102, 103]);
    expect(
      one
        .taken()
        .map((slot) => slot.id)
        .sort(),
    ).toEqual(['a', 'b', 'c', 'd']);
  });

  it('wait for a uid that is released, and fail in the end when none is', async () => {
    const slots = openSlots(folder, { firstUid: 100, count: 1 }, 100);
    const uid = await slots.take('a');
    const waiting = slots.take('b');
    slots.release(uid);
    expect(await waiting).toBe(100);
    await expect(slots.take('c')).rejects.toMatchObject({ code: 'sandbox.failed' });
    await expect(slots.take('d', { signal: AbortSignal.abort(new Error('not wanted')) })).rejects.toThrow('not wanted');
  });

  it('leave a released uid unused for as long as they can, unless it is preferred', async () => {
    const slots = openSlots(folder, { firstUid: 100, count: 3 });
    slots.release(await slots.take('a'));
    expect(await slots.take('b')).toBe(101);
    expect(await slots.take('c', { preferred: 100 })).toBe(100);
    expect(await slots.take('d', { preferred: 100 })).toBe(102);
  });
});
