import { describe, expect, it } from 'vitest';
import { requirementsIn } from './requirements.ts';

function read(contents: Record<string, string>): string[] {
  return requirementsIn('requirements.txt', { entries: [], contents });
}

describe('requirementsIn', () => {
  it('keeps requirements as they are written, without comments and what the runtime provides', () => {
    const text =
      '# tools\nrequests[socks]>=2,<3 # http\n\nPySpark==4.0.1\ndatabricks_connect\nidna \\\n  --hash=sha256:00\nx; python_version < "4"\n';
    expect(read({ 'requirements.txt': text })).toEqual([
      'requests[socks]>=2,<3',
      'idna --hash=sha256:00',
      'x; python_version < "4"',
    ]);
  });

  it('follows files that are included, and stops where they include each other', () => {
    expect(
      read({
        'requirements.txt': '-r requirements/base.txt\nb',
        'requirements/base.txt': 'a\n-r more.txt',
        'requirements/more.txt': '-r base.txt\nc',
      }),
    ).toEqual(['a', 'c', 'b']);
  });

  it.each([
    '-e .',
    './lib',
    'git+https://example.org/x.git',
    'x @ https://example.org/x.whl',
    'x[extra]@https://example.org/x.whl',
    '--index-url https://example.org',
    '--find-links /tmp',
    'https://example.org/x.whl',
    '/work/x.whl',
  ])('refuses %s with its line', (line) => {
    expect(() => read({ 'requirements.txt': `a\n${line}\n` })).toThrow(`requirements.txt:2: "${line}"`);
  });

  it('counts lines as an editor does', () => {
    expect(() => read({ 'requirements.txt': 'a \\\n  ==1\n-e .\n' })).toThrow('requirements.txt:3: "-e ."');
  });

  it('says which included file is missing', () => {
    expect(() => read({ 'requirements.txt': '-r other.txt' })).toThrow('other.txt: there is no such file');
  });
});
