import { PlanRefusal } from '@slowlane/contracts';
import type { TreeSnapshot } from '@slowlane/contracts';
import { type Description, descriptionOf, exportsOf } from './description.ts';
import { scriptsOf } from './scripts.ts';

/** What is run: a function of the package, or a script. */
export type Program = { kind: 'package'; description: Description; entry: string } | { kind: 'script'; script: string };

/** Throws `PlanRefusal` with the candidates when it is open which one it is. */
export function programOf(tree: TreeSnapshot, main: string | undefined): Program {
  const description = descriptionOf(tree);
  if (description !== undefined && 'wrong' in description) throw new PlanRefusal('plan.refused', description.wrong);
  if (description === undefined) return { kind: 'script', script: scriptOf(tree, main) };
  return { kind: 'package', description, entry: entryOf(tree, description, main) };
}

function scriptOf(tree: TreeSnapshot, main: string | undefined): string {
  const candidates = scriptsOf(tree);
  const named = candidates.find((path) => path === main) ?? candidates.find((path) => /^main\.[rR]$/.test(path));
  const found = main === undefined && candidates.length === 1 ? candidates[0] : named;
  if (found !== undefined && (main === undefined || found === main)) return found;
  throw new PlanRefusal(
    'plan.refused',
    main === undefined
      ? `${candidates.length} scripts, none is called main.R, and job.main names none`
      : `job.main: there is no script "${main}"`,
    { hint: `Set job.main to one of: ${candidates.join(', ')}`, candidates },
  );
}

function entryOf(tree: TreeSnapshot, description: Description, main: string | undefined): string {
  const [, own, name = main ?? 'main'] =
    /^(?:([A-Za-z][A-Za-z0-9.]*)::)?([A-Za-z.][A-Za-z0-9._]*)$/.exec(main ?? 'main') ?? [];
  const exported = exportsOf(tree);
  const isThere = (own === undefined || own === description.package) && /^[A-Za-z.][A-Za-z0-9._]*$/.test(name);
  if (isThere && (exported === undefined || exported.includes(name))) return name;
  const candidates = exported ?? [];
  throw new PlanRefusal(
    'plan.refused',
    main === undefined
      ? `the package ${description.package} exports no function "main" and job.main names none`
      : `job.main: the package ${description.package} exports no function "${main}"`,
    {
      hint:
        candidates.length === 0
          ? 'NAMESPACE needs export(main): a function that can be called without arguments.'
          : `Set job.main to one of: ${candidates.join(', ')}`,
      candidates,
    },
  );
}
