/** What is used of a zod schema here, structurally: `kit` does not import zod. */
interface SchemaNode {
  _zod?: { def?: SchemaDef };
}
interface SchemaDef {
  type?: string;
  shape?: Record<string, SchemaNode>;
  innerType?: SchemaNode;
  valueType?: SchemaNode;
  element?: SchemaNode;
  in?: SchemaNode;
  options?: SchemaNode[];
}

/** The keys that a strict zod schema allows at a path (`[]` = at the top); empty where any key goes or nothing is known. */
export function schemaKeysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  let nodes = unwrap(schema as SchemaNode);
  for (const step of path) nodes = nodes.flatMap((node) => childrenAt(node, step)).flatMap(unwrap);
  return [...new Set(nodes.flatMap((node) => Object.keys(node._zod?.def?.shape ?? {})))];
}

function childrenAt(node: SchemaNode, step: PropertyKey): SchemaNode[] {
  const def = node._zod?.def;
  const shape = def?.shape;
  const next =
    shape !== undefined && Object.hasOwn(shape, step) ? shape[String(step)] : (def?.valueType ?? def?.element);
  return next === undefined ? [] : [next];
}

/** Defaults, optionals, unions and pipes stand between a key and its object. */
function unwrap(node: SchemaNode): SchemaNode[] {
  const def = node._zod?.def;
  if (def?.innerType !== undefined) return unwrap(def.innerType);
  if (def?.type === 'pipe' && def.in !== undefined) return unwrap(def.in);
  if (def?.options !== undefined) return def.options.flatMap(unwrap);
  return [node];
}
