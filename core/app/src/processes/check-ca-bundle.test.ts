import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment, SlowLaneYaml } from '@slowlane/config';
import { noEnclosure, openEnclosure, rootEnclosure } from './enclosure.ts';
import { checkCaBundle } from './check-ca-bundle.ts';

const stranger = { uid: 61_999, gid: 61_999 };
const configFile = '/etc/slowlane/slowlane.yaml';
const naming = (caBundle: string | undefined) => ({
  environment: { ...readEnvironment({}), configFile },
  config: SlowLaneYaml.parse({ ca_bundle: caBundle }),
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slowlane-ca-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'company'));
  file = join(folder, 'company', 'ca.pem');
  writeFileSync(file, 'certificates');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(process.getuid?.() !== 0)('the CA bundle of a Slow Lane that root starts', () => {
  const check = (caBundle: string, enclosure = openEnclosure) =>
    checkCaBundle(naming(caBundle), { account: stranger, enclosure });

  it('may be any that the account of the service can read', async () => {
    await expect(check(file)).resolves.toBeUndefined();
  });

  it('is refused when that account cannot read it, with the command that opens it', async () => {
    chmodSync(file, 0o600);
    await expect(check(file)).rejects.toMatchObject({
      code: 'config.invalid',
      message: `${configFile}: ca_bundle: ${file}: the user 61999 cannot read it`,
      hint: `Run: chmod o+r ${file}`,
    });
    chmodSync(file, 0o604);
    await expect(check(file)).resolves.toBeUndefined();
  });

  it('is refused below a closed folder, also behind a link, with the command that copies it to an open one', async () => {
    const closed = join(folder, 'company');
    chmodSync(closed, 0o700);
    const link = join(folder, 'link.pem');
    symlinkSync(file, link);
    for (const path of [file, link])
      await expect(check(path)).rejects.toMatchObject({
        code: 'config.invalid',
        message: expect.stringContaining(`${path}: the user 61999 cannot read it, because the folder ${closed} is`),
        hint: `Run: install -m 0644 -D ${path} /etc/slowlane/ca.pem; and set ca_bundle: /etc/slowlane/ca.pem`,
      });
  });

  it('is looked for where the processes see it: their mount namespace opens no path of the host', async () => {
    const home = join(folder, 'home');
    for (const name of ['home', 'ground', 'app']) mkdirSync(join(folder, name));
    const enclosure = rootEnclosure(
      { ...readEnvironment({}), home, ground: join(folder, 'ground') },
      join(folder, 'app'),
    );
    writeFileSync(join(home, 'ca.pem'), 'certificates');
    await expect(check(enclosure.inside(join(home, 'ca.pem')), enclosure)).resolves.toBeUndefined();
    chmodSync(folder, 0o700);
    await expect(check(join(home, 'ca.pem'), enclosure)).rejects.toMatchObject({
      message: expect.stringContaining(`the folder ${folder} is closed`),
    });
  });
});

describe('a CA bundle', () => {
  const account = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const check = (caBundle: string | undefined) => checkCaBundle(naming(caBundle), { account, enclosure: noEnclosure });

  it('that is not there is said so', async () => {
    await expect(check(join(folder, 'none.pem'))).rejects.toMatchObject({
      code: 'config.invalid',
      message: `${configFile}: ca_bundle: ${join(folder, 'none.pem')}: there is no such file`,
    });
  });

  it('need not be named', async () => {
    await expect(check(undefined)).resolves.toBeUndefined();
  });
});
