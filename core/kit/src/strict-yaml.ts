import { nearest } from './nearest.ts';
import { schemaKeysAt } from './schema-keys.ts';
import { parseYaml, type TextPosition, type TextProblem, type YamlText } from './yaml.ts';

/** The part of a zod schema that is used: any strict schema of zod 4 fits. */
export interface StrictSchema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: readonly StrictIssue[] } };
}

export interface StrictIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** One thing wrong with a file of our own. `nearest` is the known key that an unknown one was probably meant to be. */
export interface FileProblem extends TextProblem {
  kind: 'syntax' | 'unknown-key' | 'value';
  /** Dotted path in the file: `build.timeout`; empty for the whole. */
  path: string;
  nearest?: string;
}

export type StrictResult<T> = { ok: true; value: T; yaml: YamlText } | { ok: false; problems: FileProblem[] };

/**
 * Reads a YAML file of our own against a strict schema. Every problem is found at once and says where: position, path, what was
 * expected and what stands there.
 */
export function readStrictYaml<T>(
  text: string,
  schema: StrictSchema<T>,
  options: { maxBytes?: number } = {},
): StrictResult<T> {
  const parsed = parseYaml(text, options);
  if (!parsed.ok) {
    return { ok: false, problems: parsed.problems.map((problem) => ({ ...problem, kind: 'syntax', path: '' })) };
  }
  const { yaml } = parsed;
  const checked = schema.safeParse(yaml.value ?? {});
  if (checked.success) return { ok: true, value: checked.data, yaml };
  const problems = checked.error.issues.flatMap((issue) => problemsOf(issue, schema, yaml));
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** `file:line:column: message`, the form that editors and terminals make clickable. */
export function formatFileProblem(fileName: string, problem: TextProblem): string {
  return `${fileName}:${problem.line}:${problem.column}: ${problem.message}`;
}

function problemsOf(issue: StrictIssue, schema: unknown, yaml: YamlText): FileProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const keys = (issue as unknown as { keys: string[] }).keys;
    const known = schemaKeysAt(schema, issue.path);
    return keys.map((key) => unknownKey(key, issue.path, { known, yaml }));
  }
  const path = dotted(issue.path);
  const position = yaml.positionOf(issue.path);
  const found = describe(valueAt(yaml.value, issue.path));
  return [{ ...position, kind: 'value', path, message: `${path || 'the file'}: ${expected(issue)}, found ${found}` }];
}

function unknownKey(
  key: string,
  parent: readonly PropertyKey[],
  context: { known: string[]; yaml: YamlText },
): FileProblem {
  const path = [...parent, key];
  const position: TextPosition = context.yaml.keyPositionOf(path);
  const near = nearest(key, context.known);
  const where = parent.length === 0 ? '' : ` under "${dotted(parent)}"`;
  const meant = near === undefined ? `; known: ${context.known.join(', ')}` : `; did you mean "${near}"?`;
  return {
    ...position,
    kind: 'unknown-key',
    path: dotted(path),
    message: `unknown key "${key}"${where}${meant}`,
    ...(near === undefined ? {} : { nearest: near }),
  };
}

const typeWords: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

function expected(issue: StrictIssue): string {
  const details = issue as unknown as { expected?: string; values?: unknown[] };
  if (issue.code === 'invalid_type') return `expected ${typeWords[details.expected ?? ''] ?? details.expected}`;
  if (issue.code === 'invalid_value') return `expected one of ${(details.values ?? []).map(String).join(', ')}`;
  if (issue.code === 'invalid_format') return `expected ${issue.message}`;
  return issue.message;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys with values';
  const shown = JSON.stringify(value);
  const short = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
  return typeof value === 'string' ? short : `the ${typeof value} ${short}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of path)
    at = at !== null && typeof at === 'object' ? (at as Record<PropertyKey, unknown>)[step] : undefined;
  return at;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}
