import { XMLParser } from 'fast-xml-parser';

/** The elements of an XML text as nested objects, without attributes, all values as text; undefined for what is no XML or declares entities. */
export function parseXml(xml: string): unknown {
  if (xml.includes('<!DOCTYPE') || xml.includes('<!ENTITY')) return undefined;
  try {
    return new XMLParser({ ignoreAttributes: true, parseTagValue: false, processEntities: false }).parse(xml, true);
  } catch {
    return undefined;
  }
}

/** The elements at the end of a path of names; a single one counts as a list of one. Texts and empty elements are left out. */
export function xmlElements(root: unknown, path: readonly string[]): Record<string, unknown>[] {
  return xmlNodes(root, path).filter(
    (item): item is Record<string, unknown> => typeof item === 'object' && item !== null,
  );
}

/** The texts at the end of a path of names, in order. */
export function xmlTexts(root: unknown, path: readonly string[]): string[] {
  return xmlNodes(root, path).filter((item): item is string => typeof item === 'string' && item !== '');
}

function xmlNodes(root: unknown, path: readonly string[]): unknown[] {
  let nodes: unknown[] = [root];
  for (const name of path)
    nodes = nodes.flatMap((node) => {
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return [];
      const child = (node as Record<string, unknown>)[name];
      return Array.isArray(child) ? child : [child];
    });
  return nodes;
}
