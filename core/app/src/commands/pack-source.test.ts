import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveLimits, readTarGz } from '@slowlane/archive';
import { run } from '@slowlane/process';
import { packSource } from './pack-source.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slowlane-pack-'));
  mkdirSync(join(folder, 'src'));
  mkdirSync(join(folder, 'target'));
  writeFileSync(join(folder, 'src/main.py'), 'print(1)\n');
  writeFileSync(join(folder, 'target/out.jar'), 'x');
  writeFileSync(join(folder, '.gitignore'), 'secret.txt\n');
  writeFileSync(join(folder, 'secret.txt'), 'x');
  symlinkSync('/etc/passwd', join(folder, 'passwd'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function pathsIn(bytes: Uint8Array): Promise<string[]> {
  const paths: string[] = [];
  await readTarGz(Readable.from([bytes]), archiveLimits, async (entry) => {
    if (entry.kind === 'file') paths.push(entry.path);
  });
  return paths.sort();
}

describe('sending a folder', () => {
  it('takes what git would commit, and no link', async () => {
    await run(['/usr/bin/git', 'init', '--quiet', folder], { env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' } });
    writeFileSync(join(folder, '.gitignore'), 'secret.txt\ntarget/\n');
    expect(await pathsIn((await packSource(folder)).bytes)).toEqual(['.gitignore', 'src/main.py']);
  });

  it('leaves out tool folders where git does not say', async () => {
    expect(await pathsIn((await packSource(folder)).bytes)).toEqual(['.gitignore', 'secret.txt', 'src/main.py']);
  });

  it('says which folder is not there', async () => {
    await expect(packSource(join(folder, 'nowhere'))).rejects.toThrow(/nowhere is not a folder/);
  });
});
