import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pluginFolders } from '../plugins.gen.ts';
import { pluginPlaces } from './plugin-places.ts';

describe('pluginPlaces', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slowlane-plugins-'));
    file = join(folder, 'slowlane.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(at: string, content: object | string): void {
    mkdirSync(dirname(join(folder, at)), { recursive: true });
    writeFileSync(join(folder, at), typeof content === 'string' ? content : JSON.stringify(content));
  }

  const packageOf = (plugin: string, version = '1.0.0') => ({ name: 'x', version, slowlane: { plugin } });
  const foreign = (declared: string[]) => pluginPlaces(declared, file).filter(({ source }) => source !== 'built-in');

  it('knows those that ship by their own ids', () => {
    expect(pluginPlaces([], file).map(({ id }) => id)).toEqual(pluginFolders.map(({ id }) => id));
  });

  it('finds a folder beside slowlane.yaml and an npm package installed there', () => {
    write('plugin-go/package.json', packageOf('go'));
    write('node_modules/@acme/slowlane-rust/package.json', packageOf('rust', '2.1.0'));
    expect(foreign(['./plugin-go', '@acme/slowlane-rust'])).toEqual([
      { id: 'go', signsAs: 'go', folder: join(folder, 'plugin-go'), source: 'folder' },
      { id: 'rust', signsAs: 'rust', folder: join(folder, 'node_modules/@acme/slowlane-rust'), source: 'npm' },
    ]);
  });

  it('sets two versions of one plugin side by side, and leaves the id to the one that ships', () => {
    write('one/package.json', packageOf('go', '1.0.0'));
    write('two/package.json', packageOf('go', '2.0.0'));
    write('own/package.json', packageOf('python', '9.0.0'));
    expect(foreign(['./one', './two', './own']).map(({ id, signsAs }) => [id, signsAs])).toEqual([
      ['go@1.0.0', 'go'],
      ['go@2.0.0', 'go'],
      ['python@9.0.0', 'python'],
    ]);
  });

  it.each([
    ['a folder that is not there', './gone', /gone\/package\.json cannot be read/],
    ['a package that is not installed', 'slowlane-nothing', /no npm package "slowlane-nothing"/],
    ['a package that is no plugin', './plain', /cannot be read as that of a plugin/],
    ['an id that is a path', './evil', /cannot be read as that of a plugin/],
    ['text that is no JSON', './text', /cannot be read as that of a plugin/],
  ])('refuses %s, with the file to correct', (_, declared, message) => {
    write('plain/package.json', { name: 'x', version: '1.0.0' });
    write('evil/package.json', packageOf('../../etc'));
    write('text/package.json', '{');
    const failure = expect.objectContaining({
      code: 'config.invalid',
      message: expect.stringMatching(message) as string,
    });
    expect(() => pluginPlaces([declared], file)).toThrow(failure as Error);
    expect(() => pluginPlaces([declared], file)).toThrow(file);
  });

  it('refuses the same plugin twice', () => {
    write('one/package.json', packageOf('go'));
    expect(() => pluginPlaces(['./one', './one'], file)).toThrow(/go@1\.0\.0 is there twice/);
  });
});
