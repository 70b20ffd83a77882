import { describe, expect, it } from 'vitest';
import { gatherCalls } from './gather-calls.ts';

function recording(answer: (name: string, args: readonly string[]) => unknown) {
  const sent: string[][] = [];
  const calls = gatherCalls<string, string>(async (name, all) => {
    sent.push([name, ...all.map((args) => args.join('+'))]);
    return all.map((args) => answer(name, args));
  });
  return { sent, run: (name: string, ...args: string[]) => calls.run(name, args) };
}

describe('gatherCalls', () => {
  it('sends the calls of one turn as one, each script by itself, and gives each its own reply', async () => {
    const { sent, run } = recording((name, args) => `${name}:${args.join()}`);
    const [first] = await Promise.all([run('a', '1').then((reply) => [reply, run('a', '4')] as const)]);
    const replies = await Promise.all([run('a', '2'), run('b', '3', 'x'), run('a', '5'), first[1]]);
    expect([first[0], ...replies]).toEqual(['a:1', 'a:2', 'b:3,x', 'a:5', 'a:4']);
    expect(sent).toEqual([
      ['a', '1'],
      ['a', '4', '2', '5'],
      ['b', '3+x'],
    ]);
  });

  it('sends no more than sixteen together', async () => {
    const { sent, run } = recording((_, [arg]) => arg);
    await expect(Promise.all(Array.from({ length: 40 }, (_, index) => run('a', String(index))))).resolves.toEqual(
      Array.from({ length: 40 }, (_, index) => String(index)),
    );
    expect(sent.map(({ length }) => length - 1)).toEqual([16, 16, 8]);
  });

  it('gives an error to the call whose reply it is, and what breaks the whole off to all', async () => {
    const { run } = recording((name, [arg]) => {
      if (name === 'broken') throw new Error('the connection is gone');
      return arg === 'bad' ? new Error('this one') : arg;
    });
    const settled = await Promise.allSettled([
      run('a', 'good'),
      run('a', 'bad'),
      run('broken', '1'),
      run('broken', '2'),
    ]);
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
      'good',
      'Error: this one',
      'Error: the connection is gone',
      'Error: the connection is gone',
    ]);
  });
});
