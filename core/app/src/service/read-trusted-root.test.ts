import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalSigstore } from '@slowlane/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { readTrustedRoot } from './read-trusted-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'slowlane-root-'));
const configFile = join(folder, 'slowlane.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

describe('readTrustedRoot', () => {
  it('reads the file beside slowlane.yaml', () => {
    const { trustedRoot } = createLocalSigstore();
    writeFileSync(join(folder, 'root.json'), trustedRoot);
    expect(readTrustedRoot('root.json', configFile)).toEqual({ trustedRoot });
    expect(readTrustedRoot(undefined, configFile)).toEqual({});
  });

  it('says at the start what is wrong with it', () => {
    writeFileSync(join(folder, 'empty.json'), '{}');
    expect(() => readTrustedRoot('empty.json', configFile)).toThrow(
      /trusted_root: .*empty\.json: it names no certificate/,
    );
    expect(() => readTrustedRoot('none.json', configFile)).toThrow(/none\.json: ENOENT/);
  });
});
