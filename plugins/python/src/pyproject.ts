import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { parseToml } from '@slowlane/kit';
import { PyProject } from './schema.ts';

const file = 'pyproject.toml';

export type PyProjectResult = { ok: true; value: PyProject } | { ok: false; reason: string } | undefined;

/** `pyproject.toml` of the tree, why it cannot be read, or undefined where there is none. */
export function readPyProject(tree: TreeSnapshot): PyProjectResult {
  if (!tree.entries.some((entry) => entry.path === file)) return undefined;
  const text = tree.contents[file];
  if (text === undefined) return { ok: false, reason: `${file} is too large or no UTF-8 text` };
  const toml = parseToml(text);
  if (!toml.ok) return { ok: false, reason: `${file}:${toml.line}:${toml.column}: ${toml.message}` };
  const parsed = PyProject.safeParse(toml.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `${file}: ${issue?.path.join('.')}: ${issue?.message}` };
}

/** For calls after `detect`, which has told an unreadable file already. */
export function pyProjectOf(tree: TreeSnapshot): PyProject | undefined {
  const result = readPyProject(tree);
  if (result !== undefined && !result.ok) throw new PlanRefusal('plan.refused', result.reason);
  return result?.value;
}

/** Whether the file declares a project to build; many hold nothing but settings of formatters. */
export function declaresProject(pyproject: PyProject | undefined): boolean {
  return (
    pyproject !== undefined && (pyproject.project ?? pyproject['build-system'] ?? pyproject.tool?.poetry) !== undefined
  );
}
