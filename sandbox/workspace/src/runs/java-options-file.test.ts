import { describe, expect, it } from 'vitest';
import { javaOptionsFile } from './java-options-file.ts';

describe('a file of JVM options', () => {
  it.each([
    ['-Da=1  -Db=2', '"-Da=1"\n"-Db=2"\n'],
    ['-Da="two words" -Db=\'it "is"\'', '"-Da=two words"\n"-Db=it \\"is\\""\n'],
    ['-Da=C:\\\\x', '"-Da=C:\\\\x"\n'],
    ['-Da="say \\"x\\""', '"-Da=say \\"x\\""\n'],
    ['', ''],
  ])('%s', (options, text) => {
    expect(javaOptionsFile(options)).toBe(text);
  });
});
