import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { guardLookup } from './guarded-lookup.ts';

/** A resolver that gives the next answer at each question. */
function resolver(...answers: LookupAddress[][]) {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _options, callback) => {
    asked.push(hostname);
    callback(null, answers.shift() ?? []);
  };
  return { asked, lookup };
}

function ask(lookup: LookupFunction, options: { all?: boolean }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lookup('hooks.example.org', options, (error, address, family) =>
      error === null ? resolve([address, family]) : reject(error),
    );
  });
}

const publicOne = { address: '93.184.215.14', family: 4 };
const publicTwo = { address: '2606:2800::1', family: 6 };
const inner = { address: '169.254.169.254', family: 4 };

describe('a guarded look-up', () => {
  it('hands out public addresses, all of them or the first', async () => {
    const { lookup } = resolver([publicOne, publicTwo], [publicOne, publicTwo]);
    expect(await ask(guardLookup(lookup), { all: true })).toEqual([[publicOne, publicTwo], undefined]);
    expect(await ask(guardLookup(lookup), {})).toEqual([publicOne.address, 4]);
  });

  it('refuses a name that has an inner address among public ones', async () => {
    const { lookup } = resolver([publicOne, inner]);
    await expect(ask(guardLookup(lookup), { all: true })).rejects.toMatchObject({
      code: 'notify.refused',
      message: 'hooks.example.org is 169.254.169.254, an address inside our network, and is not called',
    });
  });

  it('asks once per call, so that a second answer cannot differ from the checked one', async () => {
    const { asked, lookup } = resolver([publicOne], [inner]);
    expect(await ask(guardLookup(lookup), {})).toEqual([publicOne.address, 4]);
    expect(asked).toEqual(['hooks.example.org']);
    await expect(ask(guardLookup(lookup), {})).rejects.toMatchObject({ code: 'notify.refused' });
  });

  it('says when a name has no address', async () => {
    await expect(ask(guardLookup(resolver([]).lookup), {})).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
