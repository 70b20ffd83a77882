import { describe, expect, it } from 'vitest';
import { cutPower } from './__fixtures__/cut-power.ts';

describe('a power cut', () => {
  it('takes no acknowledged request where Redis writes each change to disk first', async () => {
    const outcome = await cutPower('always', 200);
    expect(outcome).toEqual({ acknowledged: outcome.acknowledged, lost: 0, isWarned: false, isFoundOlder: false });
    expect(outcome.acknowledged).toBeGreaterThanOrEqual(208);
  });

  it('takes some where Redis writes once a second: the start warns of that, and finds Redis older than the archive', async () => {
    const outcome = await cutPower('everysec', 200);
    expect(outcome.lost).toBeGreaterThan(0);
    expect(outcome).toMatchObject({ isWarned: true, isFoundOlder: true });
  });
});
