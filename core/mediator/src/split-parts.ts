import { type Json, type JsonObject, type NewPart, type PipelineFile, SlowLaneError } from '@slowlane/contracts';

/**
 * The parts of a mediated body: one per element of the list that `split.by` names, each with that one element in its place (under `split.as` if given); without
 * `split` one part `all`. An empty list gives no parts. Throws `mediate.failed` when the field is not a list and `request.too-many-parts` above `most`.
 */
export function splitParts(
  body: JsonObject,
  split: PipelineFile['operation']['mediate']['split'],
  most: number,
): NewPart[] {
  if (split === undefined) return [{ key: 'all', document: body }];
  const list = body[split.by];
  if (!Array.isArray(list)) {
    throw new SlowLaneError('mediate.failed', `split: field "${split.by}" is ${describe(list)}, not a list`, {
      data: { step: 'split', field: split.by },
    });
  }
  if (list.length > most) {
    throw new SlowLaneError(
      'request.too-many-parts',
      `field "${split.by}" has ${list.length} elements, at most ${most} parts are allowed`,
      {
        data: { field: split.by, parts: list.length, most },
      },
    );
  }
  const { [split.by]: _list, ...rest } = body;
  const keys = partKeys(list);
  return list.map((element, index) => ({
    key: keys[index] as string,
    document: { ...rest, [split.as ?? split.by]: element },
  }));
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

function describe(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value).slice(0, 80)}`;
}
