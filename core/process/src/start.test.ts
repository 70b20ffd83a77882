import { describe, expect, it } from 'vitest';
import { start } from './start.ts';

describe('start', () => {
  it('gives streams, extra descriptors and the end', async () => {
    const child = start(['/bin/sh', '-c', 'cat; echo to-three >&3; exit 4'], { stdin: 'pipe', extra: ['pipe'] });
    child.stdin?.end('hello');
    const [out, three] = await Promise.all([child.stdout?.toArray(), child.extra[0]?.toArray()]);
    expect(Buffer.concat(out as Buffer[]).toString()).toBe('hello');
    expect(Buffer.concat(three as Buffer[]).toString()).toBe('to-three\n');
    expect(await child.ended).toEqual({ exitCode: 4, signal: null });
    expect(child.kill()).toBe(false);
  });

  it('throws when the program does not exist', () => {
    expect(() => start(['/does/not/exist'])).toThrow(expect.objectContaining({ code: 'ground.missing' }));
  });

  it('ends the whole group of a program that leads one', async () => {
    const child = start(['/bin/sh', '-c', 'sleep 60 & echo $!; wait'], { ownGroup: true });
    const first = (await child.stdout?.iterator({ destroyOnReturn: false }).next())?.value as Buffer;
    child.kill('SIGKILL');
    // `ended` waits for the pipe, and the grandchild holds it too.
    expect((await child.ended).signal).toBe('SIGKILL');
    expect(Number(first.toString())).toBeGreaterThan(1);
  });
});
