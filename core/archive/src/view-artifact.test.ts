import { describe, expect, it } from 'vitest';
import { helperClass, mainClass, withMajor } from './__fixtures__/classes.ts';
import { makeZip, type RawZipEntry } from './__fixtures__/make-zip.ts';
import { classTexts, readClassFile } from './class-file.ts';
import { viewArtifact } from './view-artifact.ts';

describe('readClassFile', () => {
  it('finds version, name and main method of what javac writes', () => {
    expect(readClassFile(mainClass)).toEqual({ major: 61, name: 'acme.Main', hasMain: true });
    expect(classTexts(mainClass)).toContain('java/lang/Runnable');
  });

  it('takes no other method named main for one', () => {
    expect(readClassFile(helperClass)).toEqual({ major: 61, name: 'acme.Helper', hasMain: false });
  });

  it('says "no class file" to every truncation and every flipped byte it cannot read, and never throws', () => {
    for (let length = 0; length < mainClass.length - 40; length++) {
      const cut = mainClass.subarray(0, length);
      expect(() => readClassFile(cut)).not.toThrow();
    }
    for (let at = 0; at < mainClass.length; at++) {
      const broken = Buffer.from(mainClass);
      broken[at] = (broken[at] as number) ^ 0xff;
      expect(() => [readClassFile(broken), classTexts(broken)]).not.toThrow();
    }
    expect(readClassFile(Buffer.from('PK'))).toBeUndefined();
  });
});

describe('viewArtifact of a JAR', () => {
  it('shows main classes, the newest class file, manifest and properties', async () => {
    const view = await jar([
      { path: 'META-INF/MANIFEST.MF', content: 'Main-Class: acme.Main\n' },
      { path: 'META-INF/maven/acme/daily/pom.properties', content: 'version=1' },
      { path: 'META-INF/versions/21/acme/Main.class', content: withMajor(mainClass, 65) },
      { path: 'acme/Main.class', content: mainClass },
      { path: 'acme/Helper.class', content: withMajor(helperClass, 52) },
      { path: 'module-info.class', content: withMajor(helperClass, 70) },
    ]);
    expect(view).toMatchObject({
      kind: 'jar',
      name: 'daily.jar',
      classFile: { major: 61, example: 'acme.Main' },
      mainClasses: ['acme.Main'],
      scala: undefined,
      companions: [],
    });
    expect(Object.keys(view.contents)).toEqual(['META-INF/MANIFEST.MF', 'META-INF/maven/acme/daily/pom.properties']);
    expect(view.entries).toContainEqual({ path: 'acme/Main.class', size: mainClass.length });
  });

  it.each<[string, RawZipEntry[], string, string[], string | undefined]>([
    [
      'a bundled library',
      [{ path: 'library.properties', content: 'version.number=2.13.16\ncopyright.string=EPFL' }],
      'a.jar',
      [],
      '2.13',
    ],
    [
      'a library of another language',
      [{ path: 'library.properties', content: 'version.number=9.9' }],
      'a.jar',
      [],
      undefined,
    ],
    ['a companion library', [], 'a.jar', ['scala-library-2.12.18.jar'], '2.12'],
    ['a Scala 3 companion', [], 'a.jar', ['scala-library-2.13.16.jar', 'scala3-library_3-3.3.4.jar'], '2.13'],
    ['a suffix of its own name', [], 'daily_2.12-1.0.jar', [], '2.12'],
    ['a suffix of a companion', [], 'daily.jar', ['upickle_2.13-4.0.jar'], '2.13'],
    ['a TASTy file', [{ path: 'acme/Main.tasty' }], 'a.jar', [], '3'],
    ['Maven coordinates', [{ path: 'META-INF/maven/acme/daily_2.13/pom.properties' }], 'a.jar', [], '2.13'],
    [
      'a class of one version only',
      [{ path: 'x.class', content: referring('scala/collection/TraversableOnce') }],
      'a.jar',
      [],
      '2.12',
    ],
    [
      'classes of both versions',
      [
        { path: 'x.class', content: referring('scala/collection/TraversableOnce') },
        { path: 'y.class', content: referring('scala/collection/IterableOnce') },
      ],
      'a.jar',
      [],
      undefined,
    ],
    ['nothing', [{ path: 'x.class', content: mainClass }], 'a.jar', [], undefined],
  ])('tells the Scala version by %s', async (_what, entries, name, companions, version) => {
    const view = await jar(entries.length > 0 ? entries : [{ path: 'x.txt' }], name, companions);
    expect(view.scala?.version).toBe(version);
  });

  it('names the file when it refuses it', async () => {
    await expect(jar([{ path: 'a.class', content: 'no class' }])).rejects.toMatchObject({
      code: 'artifact.invalid',
      message: 'daily.jar: a.class is not a valid class file',
    });
    await expect(jar([{ path: '../a' }])).rejects.toMatchObject({
      code: 'archive.refused',
      message: expect.stringMatching(/^daily\.jar: /),
    });
  });
});

describe('viewArtifact of Python files', () => {
  it('shows the metadata of a wheel, cut at 64 KiB', async () => {
    const metadata = `Name: daily\nVersion: 1.0\n\n${'readme '.repeat(20_000)}`;
    const bytes = makeZip([
      { path: 'daily/__init__.py', content: 'x = 1' },
      { path: 'daily-1.0.dist-info/METADATA', content: metadata },
      { path: 'daily-1.0.dist-info/entry_points.txt', content: '[console_scripts]\ndaily = daily:main' },
    ]);
    const view = await viewArtifact(
      { name: 'daily-1.0-py3-none-any.whl', size: bytes.length, source: bytes },
      'wheel',
      [{ name: 'dep.whl', size: 3 }],
    );
    expect(view.contents['daily-1.0.dist-info/METADATA']).toBe(metadata.slice(0, 65_536));
    expect(view.contents['daily-1.0.dist-info/entry_points.txt']).toContain('daily:main');
    expect(view.companions).toEqual([{ name: 'dep.whl', size: 3 }]);
  });

  it('refuses a zip that is no wheel', async () => {
    const bytes = makeZip([{ path: 'a', content: 'x' }]);
    await expect(viewArtifact({ name: 'a.whl', size: bytes.length, source: bytes }, 'wheel', [])).rejects.toMatchObject(
      { code: 'artifact.invalid' },
    );
  });

  it('takes a script as it is', async () => {
    const view = await viewArtifact({ name: 'job.py', size: 5, source: Buffer.from('print') }, 'python-script', []);
    expect(view.entries).toEqual([{ path: 'job.py', size: 5 }]);
  });
});

function jar(entries: RawZipEntry[], name = 'daily.jar', companions: string[] = []) {
  const bytes = makeZip(entries);
  return viewArtifact(
    { name, size: bytes.length, source: bytes },
    'jar',
    companions.map((companion) => ({ name: companion, size: 1 })),
  );
}

/** `java/lang/Runnable` in the pool of a real class, replaced by a name of the same kind: lengths and all. */
function referring(name: string): Buffer {
  const old = poolText('java/lang/Runnable');
  const at = mainClass.indexOf(old);
  return Buffer.concat([mainClass.subarray(0, at), poolText(name), mainClass.subarray(at + old.length)]);
}

function poolText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length >> 8, text.length & 0xff]), Buffer.from(text)]);
}
