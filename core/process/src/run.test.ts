import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

describe('run', () => {
  it('gives output and exit code of a program that fails, without throwing', async () => {
    const result = await run(['/bin/sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(result).toMatchObject({
      ok: false,
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
    });
  });

  it('hands on nothing of our environment unless it is told to', async () => {
    const bare = await run(['/usr/bin/env'], { env: { ONLY: '1' } });
    expect(bare.stdout).toBe('ONLY=1\n');
    const rich = await run(['/usr/bin/env'], { env: { ONLY: '1' }, inheritEnv: true });
    expect(rich.stdout.split('\n').length).toBeGreaterThan(2);
  });

  it('passes arguments as they are, never through a shell', async () => {
    const { stdout } = await run(['/usr/bin/printf', '%s|', '$HOME', '`id`', 'a b', '; exit 1']);
    expect(stdout).toBe('$HOME|`id`|a b|; exit 1|');
  });

  it('feeds text, bytes and streams', async () => {
    expect((await run(['/bin/cat'], { input: 'text' })).stdout).toBe('text');
    expect([...(await run(['/bin/cat'], { input: new Uint8Array([0, 255]) })).stdoutBytes]).toEqual([0, 255]);
    expect((await run(['/bin/cat'], { input: Readable.from(['a', 'b']) })).stdout).toBe('ab');
  });

  it('says that a program does not exist', async () => {
    expect(await run(['/does/not/exist'])).toMatchObject({ ok: false, exitCode: null, startError: 'ENOENT' });
  });

  it('ends a program that ignores TERM when its time is up', async () => {
    const result = await run(['/bin/sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'], { timeoutMs: 200 });
    expect(result).toMatchObject({ ok: false, timedOut: true, signal: 'SIGKILL' });
  });

  it('ends a program that floods its output, and keeps what fits', async () => {
    const result = await run(['/usr/bin/yes'], { maxOutputBytes: 1_000 });
    expect(result).toMatchObject({ ok: false, isOutputCut: true });
    expect(result.stdoutBytes.length).toBe(1_000);
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const running = run(['/bin/sleep', '60'], { signal: controller.signal });
    controller.abort();
    expect(await running).toMatchObject({ ok: false, isCanceled: true });
  });
});
