import { SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { createMemoryVolume } from './memory-volume.ts';
import { mergeFiles, mostMergedBytes } from './merge-files.ts';

async function merge(as: 'csv' | 'json', contents: string[]): Promise<string> {
  const volume = createMemoryVolume(Object.fromEntries(contents.map((text, index) => [`/v/p${index}/f`, text])));
  const sources = contents.map((text, index) => ({
    key: `p${index}`,
    path: `/v/p${index}/f`,
    size: Buffer.byteLength(text),
  }));
  const file = await mergeFiles(volume, { file: 'f', as, sources, path: '/v/joined/f' });
  const merged = volume.files.get('/v/joined/f') as Buffer;
  expect(file).toEqual({ name: 'f', path: '/v/joined/f', size: merged.length });
  return merged.toString();
}

describe('merging CSV', () => {
  it.each([
    ['plain files', ['a,b\n1,2\n', 'a,b\n3,4\n'], 'a,b\n1,2\n3,4\n'],
    ['no newline at the end', ['a,b\n1,2', 'a,b\n3,4'], 'a,b\n1,2\n3,4\n'],
    ['parts without rows', ['a,b\n', 'a,b', 'a,b\n3,4\n'], 'a,b\n3,4\n'],
    ['only headers, without newline', ['a,b', 'a,b'], 'a,b\n'],
    ['CRLF', ['a,b\r\n1,2\r\n', 'a,b\r\n3,4\r\n'], 'a,b\r\n1,2\r\n3,4\r\n'],
    ['line ends of two kinds', ['a,b\n1,2\n', 'a,b\r\n3,4\r\n'], 'a,b\n1,2\n3,4\r\n'],
    ['a newline inside a quoted header', ['"a\nx",b\n1,2\n', '"a\nx",b\n3,4\n'], '"a\nx",b\n1,2\n3,4\n'],
    ['newlines and quotes inside values', ['a\n"x\ny ""z"""\n', 'a\n"\n"\n'], 'a\n"x\ny ""z"""\n"\n"\n'],
    ['a byte order mark in the second file', ['a,b\n1,2\n', '\uFEFFa,b\n3,4\n'], 'a,b\n1,2\n3,4\n'],
    ['one part', ['a,b\n1,2\n'], 'a,b\n1,2\n'],
  ])('joins %s', async (_name, contents, merged) => {
    expect(await merge('csv', contents)).toBe(merged);
  });

  it.each([
    [
      'another header',
      ['a,b\n1,2\n', 'a,c\n3,4\n'],
      '"f" of part "p1": its header "a,c" is not the header "a,b" of part "p0"',
    ],
    ['an empty file', ['a\n1\n', ''], '"f" of part "p1": it is empty, not even a header'],
    ['a quote that is not closed', ['a\n"1\n', 'a\n2\n'], '"f" of part "p0": a quote is not closed'],
    ['old line ends', ['a,b\r1,2\r', 'a,b\n'], '"f" of part "p0": its lines end in CR alone'],
  ])('refuses %s', async (_name, contents, message) => {
    await expect(merge('csv', contents)).rejects.toThrow(expect.objectContaining({ code: 'join.failed', message }));
  });
});

describe('merging JSON arrays', () => {
  it.each([
    ['plain arrays', ['[1,2]', '[3]'], '[1,2,3]\n'],
    ['empty ones', ['[]', ' [ ] \n', '[{"a":[]}]', '[]'], '[{"a":[]}]\n'],
    ['only empty ones', ['[]', '[]'], '[]\n'],
    ['brackets and quotes in strings', ['["]","\\"[","\\\\"]', '["}"]'], '["]","\\"[","\\\\","}"]\n'],
    ['numbers beyond 2^53', ['[9007199254740993]', '[1]'], '[9007199254740993,1]\n'],
    ['nested arrays', ['[[],[[1]]]', '[2]'], '[[],[[1]],2]\n'],
  ])('joins %s', async (_name, contents, merged) => {
    expect(await merge('json', contents)).toBe(merged);
    JSON.parse(merged);
  });

  it.each([
    ['an object', '{"a":1}', 'it is not a JSON array'],
    ['an empty file', '', 'it is not a JSON array'],
    ['a cut file', '[1,{"a":', 'its JSON array is not closed'],
    ['lines of JSON', '[1]\n[2]', 'something follows its JSON array'],
    ['wrong brackets', '[{"a":1]]', '"]" at byte 7 closes nothing'],
  ])('refuses %s', async (_name, text, problem) => {
    await expect(merge('json', ['[1]', text])).rejects.toThrow(`"f" of part "p1": ${problem}`);
  });
});

it('refuses more than 256 MiB before it reads a byte', async () => {
  const sources = [{ key: 'a', path: '/nowhere', size: mostMergedBytes + 1 }];
  const failing = mergeFiles(createMemoryVolume(), { file: 'f', as: 'csv', sources, path: '/x' });
  await expect(failing).rejects.toBeInstanceOf(SlowLaneError);
  await expect(failing).rejects.toThrow('at most 256.0 MiB are merged');
});
