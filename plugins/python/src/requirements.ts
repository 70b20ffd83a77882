import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';

/** What the runtime brings: never downloaded on purpose, never a companion. */
export const providedPackages = ['pyspark', 'py4j', 'databricks-connect'];

/** Name of a requirement in its normal form (PEP 503); undefined for anything that does not begin with a name. */
export function requirementName(requirement: string): string | undefined {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/
    .exec(requirement.trim())?.[0]
    .toLowerCase()
    .replace(/[-_.]+/g, '-');
}

export function isProvided(requirement: string): boolean {
  return providedPackages.includes(requirementName(requirement) ?? '');
}

/** The requirements of a file and of those it includes, in order, without what the runtime provides. Refuses what the gateway cannot serve. */
export function requirementsIn(file: string, tree: TreeSnapshot, seen: ReadonlySet<string> = new Set()): string[] {
  const text = tree.contents[file];
  if (text === undefined) throw new PlanRefusal('plan.refused', `${file}: there is no such file, or it is too large`);
  if (seen.has(file)) return [];
  return linesOf(text).flatMap(({ line, number }) => {
    const included = /^(?:-r|--requirement)[ =]?\s*(\S+)$/.exec(line)?.[1];
    if (included !== undefined) return requirementsIn(besides(file, included), tree, new Set([...seen, file]));
    refuseForeign(line, `${file}:${number}`);
    return isProvided(line) ? [] : [line];
  });
}

/** A requirement that names a place of its own: only the gateway's index can be reached. */
export function refuseForeign(requirement: string, where: string): void {
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*(\(|===?|~=|!=|[<>]=?|;|--hash=|$)/.test(requirement);
  if (isPlain) return;
  throw new PlanRefusal('plan.refused', `${where}: "${requirement}" is no requirement by name`, {
    hint: 'Only packages of the index can be had: name and version, without -e, --index-url, paths, URLs or git addresses.',
  });
}

/** Logical lines, with the number of the physical line each begins on. */
function linesOf(text: string): { line: string; number: number }[] {
  const found: { line: string; number: number }[] = [];
  let isOpen = false;
  for (const [index, physical] of text.split(/\r?\n/).entries()) {
    const line = physical
      .replace(/(^|\s)#.*$/, '')
      .replace(/\\$/, '')
      .trim();
    const last = found.at(-1);
    if (isOpen && last !== undefined) last.line = `${last.line} ${line}`.trim();
    else found.push({ line, number: index + 1 });
    isOpen = physical.endsWith('\\');
  }
  return found.filter(({ line }) => line !== '');
}

function besides(file: string, included: string): string {
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  return folder + included.replace(/^\.\//, '');
}
