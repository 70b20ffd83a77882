import { describe, expect, it } from 'vitest';
import { fillModuleCode } from './fill-module-code.ts';
import { parseYaml } from './yaml.ts';

const code = 'export function mediate() {\n  return { parts: [] }; // "quoted": \'twice\'\n}\n';

describe('fillModuleCode', () => {
  it('puts the text of the module into the file, word for word, and leaves comments alone', async () => {
    const text = 'pipeline: a # mine\noperation:\n  mediate:\n    module: ./mediate.ts # beside\n';
    const filled = await fillModuleCode(text, async (path) => (path === './mediate.ts' ? code : ''));
    const parsed = parseYaml(filled);
    expect(parsed.ok && parsed.yaml.value).toEqual({
      pipeline: 'a',
      operation: { mediate: { module: './mediate.ts', code } },
    });
    expect(filled).toContain('# mine');
    expect(await fillModuleCode(filled, () => Promise.reject(new Error('read twice')))).toBe(filled);
  });

  it.each([
    'pipeline: a\n',
    'pipeline: [',
    'operation: { mediate: { module: ../../etc/passwd.ts } }',
    'operation: { mediate: { module: ./a/../../b.ts } }',
    'operation: { mediate: { module: /etc/x.ts } }',
    'operation: { mediate: { module: 3 } }',
  ])('reads nothing for %j', async (text) => {
    expect(await fillModuleCode(text, () => Promise.reject(new Error('read')))).toBe(text);
  });
});
