import { LineCounter, isAlias, isMap, isNode, isPair, isSeq, parseDocument, type Document, type Node } from 'yaml';

/** Where something stands in a text, both from 1. */
export interface TextPosition {
  line: number;
  column: number;
}

export interface TextProblem extends TextPosition {
  message: string;
}

/** A parsed YAML text with positions. Paths are those of the plain value: `['build', 'egress', 0]`. */
export interface YamlText {
  value: unknown;
  /** Position of the value at the path; of its nearest parent when there is none. */
  positionOf(path: readonly PropertyKey[]): TextPosition;
  /** Position of the key that ends the path. */
  keyPositionOf(path: readonly PropertyKey[]): TextPosition;
}

export type YamlResult = { ok: true; yaml: YamlText } | { ok: false; problems: TextProblem[] };

/**
 * Reads one YAML 1.2 document (core schema) as plain data. Refused, with the position: duplicate keys, tags of any kind that the core schema
 * does not know, several documents, texts above `maxBytes`, and aliases that unfold to more than a hundredfold.
 */
export function parseYaml(text: string, options: { maxBytes?: number } = {}): YamlResult {
  const maxBytes = options.maxBytes ?? 262_144;
  if (new TextEncoder().encode(text).length > maxBytes) {
    return failed({ line: 1, column: 1 }, `the text is larger than ${maxBytes} bytes`);
  }
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
    const problems = [...document.errors, ...document.warnings];
    if (problems.length > 0) {
      return {
        ok: false,
        problems: problems.map((problem) => ({ ...positionAt(lines, problem.pos[0]), message: problem.message })),
      };
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { ok: true, yaml: { value, ...locators(document, lines) } };
  } catch (error) {
    // Nesting beyond the stack and alias bombs are the two things the parser throws for instead of listing.
    const message = error instanceof RangeError ? 'nested too deeply' : String((error as Error).message);
    return failed({ line: 1, column: 1 }, message);
  }
}

function locators(document: Document, lines: LineCounter): Pick<YamlText, 'positionOf' | 'keyPositionOf'> {
  return {
    positionOf: (path) => positionAt(lines, walk(document, path).node?.range?.[0] ?? 0),
    keyPositionOf: (path) => {
      const { node, key } = walk(document, path);
      return positionAt(lines, (key ?? node)?.range?.[0] ?? 0);
    },
  };
}

function walk(document: Document, path: readonly PropertyKey[]): { node: Node | undefined; key: Node | undefined } {
  let node = asNode(document, document.contents);
  let key: Node | undefined;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) break;
    key = next.key;
    node = asNode(document, next.value) ?? next.key ?? node;
  }
  return { node, key };
}

function child(node: Node | undefined, step: PropertyKey): { key: Node | undefined; value: unknown } | undefined {
  if (isSeq(node)) {
    const value = node.items[Number(step)];
    return value === undefined ? undefined : { key: undefined, value };
  }
  if (!isMap(node)) return undefined;
  for (const pair of node.items) {
    if (isPair(pair) && isNode(pair.key) && String(pair.key) === String(step))
      return { key: pair.key, value: pair.value };
  }
  return undefined;
}

function asNode(document: Document, value: unknown): Node | undefined {
  if (isAlias(value)) return value.resolve(document);
  return isNode(value) ? value : undefined;
}

function positionAt(lines: LineCounter, offset: number): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function failed(position: TextPosition, message: string): YamlResult {
  return { ok: false, problems: [{ ...position, message }] };
}
