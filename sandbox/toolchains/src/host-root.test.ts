import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canStartTestHelper, shellInSandbox, startTestHelper } from '@slowlane/testkit';
import { discoverTools } from './discover-tools.ts';
import { etcBinds } from './etc-binds.ts';
import { hostRoot } from './host-root.ts';

describe('tools and root of the machine', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/slowlane-toolchains-`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds JDKs by their release file, and shows those outside /usr below /opt', async () => {
    makeJdk(`${folder}/temurin-21`, '21.0.4');
    mkdirSync(`${folder}/no-jdk/bin`, { recursive: true });
    const tools = await discoverTools({ jvmFolder: folder });
    expect(tools.filter((tool) => tool.name === 'jdk')).toEqual([
      { name: 'jdk', version: '21.0.4', home: `${folder}/temurin-21`, inside: '/opt/jdk-21.0.4' },
    ]);
    const root = await hostRoot({ tools });
    expect(root.binds).toContainEqual({ source: `${folder}/temurin-21`, target: '/opt/jdk-21.0.4' });
  });

  it('reads the version of a Spark home and of an sbt launcher, and skips what is not there', async () => {
    mkdirSync(`${folder}/pyspark`);
    writeFileSync(`${folder}/pyspark/version.py`, '__version__: str = "4.0.1"\n');
    writeFileSync(`${folder}/sbt-launch-1.10.7.jar`, 'jar');
    const tools = await discoverTools({
      jvmFolder: folder,
      sparkHome: folder,
      sbtLauncher: `${folder}/sbt-launch-1.10.7.jar`,
    });
    expect(tools).toContainEqual({ name: 'spark', version: '4.0.1', home: folder, inside: '/opt/site' });
    expect(tools.find((tool) => tool.name === 'sbt-launcher')?.version).toBe('1.10.7');
    const without = await discoverTools({ jvmFolder: `${folder}/nothing`, sparkHome: `${folder}/nothing` });
    expect(without.map((tool) => tool.name)).not.toContain('spark');
  });

  it('gives the same digest for the same things in other places, and another for other bytes', async () => {
    for (const [name, text] of Object.entries({ a: 'jar', b: 'jar', c: 'other' }))
      writeFileSync(`${folder}/${name}`, text);
    const digests = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => (await hostRoot({ tools: [], sbtLauncher: `${folder}/${name}` })).digest),
    );
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  it('refuses a path that does not exist', async () => {
    await expect(hostRoot({ tools: [], sparkHome: `${folder}/nothing` })).rejects.toMatchObject({
      code: 'ground.missing',
    });
  });

  it('takes only listed entries of /etc, and a CA bundle alone where the machine has none to cover', () => {
    for (const name of ['alternatives', 'ssl/certs/java', 'java-17-openjdk', 'ssh'])
      mkdirSync(`${folder}/${name}`, { recursive: true });
    for (const name of ['shadow', 'passwd', 'hosts', 'resolv.conf']) writeFileSync(`${folder}/${name}`, '');
    const targets = etcBinds('/company.pem', folder).map((bind) => bind.target);
    expect(targets).toEqual([
      '/etc/alternatives',
      '/etc/java-17-openjdk',
      '/etc/ssl/certs/java',
      '/etc/ssl/certs/ca-certificates.crt',
    ]);
  });

  it.skipIf(!canStartTestHelper())(
    'makes a root that shows the named bundle and no secrets of the machine',
    async () => {
      writeFileSync(`${folder}/company.pem`, 'company\n');
      const helper = await startTestHelper({ allowedSources: [folder] });
      try {
        const root = await hostRoot({
          tools: await discoverTools(),
          caBundle: `${folder}/company.pem`,
          nodeBinary: process.execPath,
        });
        const sandbox = await helper.driver.create(helper.spec({ root }));
        const script =
          'cat /etc/ssl/certs/ca-certificates.crt; id -un; ls /etc; ls -A / | tr "\\n" " "; /opt/node/bin/node -p 1+1; python3 -c "print(2*3)"';
        const { stdout, stderr } = await shellInSandbox(sandbox, script);
        const lines = stdout.split('\n');
        expect(lines.slice(0, 2)).toEqual(['company', 'build']);
        expect(lines).not.toEqual(expect.arrayContaining([expect.stringMatching(/shadow|resolv|ssh|sudoers/)]));
        expect(lines.at(-3)).toBe('bin dev etc lib lib64 opt proc sbin tmp usr work 2');
        expect(lines.at(-2)).toBe('6');
        expect(stderr).toBe('');
        await sandbox.destroy();
      } finally {
        await helper.close();
      }
    },
  );
});

function makeJdk(home: string, version: string): void {
  mkdirSync(`${home}/bin`, { recursive: true });
  writeFileSync(`${home}/bin/java`, '');
  writeFileSync(`${home}/release`, `JAVA_VERSION="${version}"\n`);
}
