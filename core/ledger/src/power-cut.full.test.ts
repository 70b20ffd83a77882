import { expect, it } from 'vitest';
import { cutPower } from './__fixtures__/cut-power.ts';

it.each(Array.from({ length: 20 }, (_, round) => 50 + round * 97))(
  'a power cut after %i requests takes no acknowledged one',
  async (requests) => {
    expect(await cutPower('always', requests)).toMatchObject({ lost: 0, isWarned: false, isFoundOlder: false });
  },
);
