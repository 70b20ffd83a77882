import { parseDocument } from 'yaml';
import { parseYaml } from './yaml.ts';

/**
 * A pipeline file with the text of its mediator module (`operation.mediate.module`) filled in as `operation.mediate.code`, so that file and module travel and are
 * kept as one. Comments stay. A file without a module, with its code in it already, or one that cannot be read comes back as it is: the schema says what is wrong.
 *
 * @param readModule text of the module by its path in the file: `./mediate.ts`
 */
export async function fillModuleCode(text: string, readModule: (path: string) => Promise<string>): Promise<string> {
  const parsed = parseYaml(text);
  const mediate = at(at(parsed.ok ? parsed.yaml.value : undefined, 'operation'), 'mediate');
  const module = at(mediate, 'module');
  if (typeof module !== 'string' || at(mediate, 'code') !== undefined) return text;
  // The schema refuses such a path; it is not read before that.
  if (!/^\.\/[A-Za-z0-9._/-]+\.ts$/.test(module) || module.split('/').includes('..')) return text;
  const document = parseDocument(text, { version: '1.2' });
  document.setIn(['operation', 'mediate', 'code'], await readModule(module));
  return document.toString({ lineWidth: 0 });
}

function at(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined;
}
