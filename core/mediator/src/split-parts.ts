import { type Json, type JsonObject, type NewPart, type SplitSpec, SlowLaneError } from '@slowlane/contracts';
import { hidesPath } from '@slowlane/kit';

export interface Splitting {
  /** Most parts. */
  most: number;
  /** What the parts are made of: see `splitElements`. */
  elements: readonly Json[];
  /** `operation.redact`: values that must not show in the parts' names either. */
  redact?: readonly string[] | undefined;
}

/**
 * The parts of a mediated body: one per element (or chunk of elements), each with that in the place of the list (under `split.as` if given). No elements give no parts.
 * Throws `request.too-many-parts` above `most`.
 */
export function splitParts(body: JsonObject, split: SplitSpec, { most, elements, redact = [] }: Splitting): NewPart[] {
  const pieces = chunked(elements, split.chunk, most);
  if (pieces.length > most) throw tooMany(split, pieces.length, most);
  const name = split.as ?? split.by ?? 'part';
  const rest = split.by === undefined ? body : without(body, split.by);
  const isSecret = split.by !== undefined && redact.some((pointer) => hidesPath(pointer, split.by as string));
  const keys = partKeys(isSecret || split.chunk !== undefined ? pieces.map(() => null) : pieces);
  return pieces.map((piece, index) => ({ key: keys[index] as string, document: { ...rest, [name]: piece } }));
}

function chunked(elements: readonly Json[], chunk: SplitSpec['chunk'], most: number): Json[] {
  if (chunk === undefined) return [...elements];
  const size = chunk === 'auto' ? Math.max(1, Math.ceil(elements.length / most)) : chunk;
  const pieces: Json[] = [];
  for (let at = 0; at < elements.length; at += size) pieces.push(elements.slice(at, at + size));
  return pieces;
}

function without(body: JsonObject, field: string): JsonObject {
  const { [field]: _list, ...rest } = body;
  return rest;
}

function tooMany(split: SplitSpec, parts: number, most: number): SlowLaneError {
  const what = split.by === undefined ? 'the split gives' : `field "${split.by}" has`;
  return new SlowLaneError('request.too-many-parts', `${what} ${parts} elements, at most ${most} parts are allowed`, {
    hint: 'Ask for less at once, or let one part take several elements: split.chunk.',
    data: { field: split.by, parts, most },
  });
}

/** Names of parts, `[A-Za-z0-9._-]{1,64}` and each once: they become folders, and people read them. */
export function partKeys(elements: readonly Json[]): string[] {
  const used = new Set<string>();
  return elements.map((element, index) => {
    const base = cleanName(nameOf(element)) || `part-${index + 1}`;
    let key = base;
    for (let count = 2; used.has(key); count++) key = `${base}-${count}`;
    used.add(key);
    return key;
  });
}

function nameOf(element: Json): string {
  if (typeof element !== 'object') return String(element);
  if (element === null || Array.isArray(element)) return '';
  const name = element['key'] ?? element['name'] ?? element['id'];
  return typeof name === 'string' || typeof name === 'number' ? String(name) : '';
}

/** Room for a count stays within the 64 characters. A leading dot would hide the folder, and `..` would leave it. */
function cleanName(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}+/gu, '');
  return plain
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(0, 58);
}
