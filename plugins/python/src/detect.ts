import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { declaresProject, readPyProject } from './pyproject.ts';
import { hasNotebooks, scriptsOf } from './scripts.ts';

/** Build files of other languages: beside one of these a stray script is a helper, not the program. */
const foreign =
  /^(build\.sbt|project\/build\.properties|pom\.xml|(build|settings)\.gradle(\.kts)?|DESCRIPTION|package\.json)$/;

export function detect(tree: TreeSnapshot): Detection {
  const paths = tree.entries.map((entry) => entry.path);
  const pyproject = readPyProject(tree);
  if (pyproject !== undefined && !pyproject.ok)
    return { match: 'error', evidence: ['pyproject.toml'], reason: pyproject.reason };
  const decisive = [
    ...(declaresProject(pyproject?.value) ? ['pyproject.toml'] : []),
    ...(paths.includes('setup.py') ? ['setup.py'] : []),
  ];
  if (decisive.length > 0) return { match: 'yes', evidence: decisive };
  const scripts = scriptsOf(tree);
  if (scripts.length === 0 || hasNotebooks(tree) || paths.some((path) => foreign.test(path))) return { match: 'no' };
  return {
    match: 'yes',
    evidence: [...scripts.slice(0, 5), ...(paths.includes('requirements.txt') ? ['requirements.txt'] : [])],
  };
}
