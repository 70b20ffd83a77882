import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '@slowlane/process';
import { tinyWheel } from './tiny-wheel.ts';

describe('a wheel of the cases', () => {
  it('is an archive that Python checks and imports from', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slowlane-wheel-'));
    const wheel = join(folder, 'greet-1.0-py3-none-any.whl');
    await writeFile(wheel, Buffer.from(tinyWheel('greet', 'WORD = "grüß dich"\n'), 'base64'));
    const env = { PATH: '/usr/bin', PYTHONPATH: wheel, PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' };
    const checked = await run(['/usr/bin/python3', '-m', 'zipfile', '-t', wheel], { env });
    const used = await run(['/usr/bin/python3', '-c', 'import greet; print(greet.WORD)'], { env });
    await rm(folder, { recursive: true });
    expect(checked.stdout).toBe('Done testing\n');
    expect(used.stdout).toBe('grüß dich\n');
  });
});
