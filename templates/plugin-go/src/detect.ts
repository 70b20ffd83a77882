import type { Detection, TreeSnapshot } from '@slowlane/contracts';
import { readGoMod } from './go-mod.ts';

export function detect(tree: TreeSnapshot): Detection {
  if (!tree.entries.some(({ path }) => path === 'go.mod')) return { match: 'no' };
  const mod = readGoMod(tree.contents['go.mod'] ?? '');
  if (mod === undefined)
    return { match: 'error', evidence: ['go.mod'], reason: 'go.mod names no module, or is too large' };
  return { match: 'yes', evidence: [`go.mod (${mod.module})`] };
}
