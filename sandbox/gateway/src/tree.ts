import { matchesGlob } from '@slowlane/kit';
import type { ChecksumDatabase } from './checksum-database.ts';
import type { CranIndex } from './cran-index.ts';
import type { Depot, Order, Taken } from './depot.ts';
import type { GatewayPath } from './gateway-path.ts';
import { goFileOf } from './go-module.ts';
import { goSumOf } from './go-sum.ts';
import type { UpstreamBase } from './upstream.ts';

type TreePath = Extract<GatewayPath, { kind: 'tree' }>;

/** Globs, below the registry, of what never changes; everything else is asked for again when it is old. */
export type Layouts = Readonly<Record<string, readonly string[]>>;

/**
 * A version of an R package moves to the archive when the next one comes; its bytes stay.
 *
 * @see https://cran.r-project.org/doc/manuals/r-release/R-admin.html#Setting-up-a-package-repository
 */
const cranLayout = ['src/contrib/*.tar.gz', 'src/contrib/Archive/*/*.tar.gz'];

/**
 * The layout of a registry that is a tree of files; `undefined` for those with a layout of their own, which nothing that a plugin declares changes.
 */
export function layoutOf(registry: string, declared: Layouts = {}): readonly string[] | undefined {
  if (isCalled(registry, 'cran')) return cranLayout;
  if (isCalled(registry, 'maven') || isCalled(registry, 'pypi') || isCalled(registry, 'npm')) return undefined;
  return Object.hasOwn(declared, registry) ? declared[registry] : undefined;
}

/** Registries named `cran` or `cran-…` have the layout of CRAN, and so on. */
function isCalled(registry: string, layout: string): boolean {
  return registry === layout || registry.startsWith(`${layout}-`);
}

export function isUnchanging(below: string, layout: readonly string[]): boolean {
  return layout.some((glob) => matchesGlob(below, glob));
}

/** A file of the tree, held against what its registry announces in an index of its own; without one the first bytes stand for ever. */
export function takeTree(
  depot: Depot,
  path: TreePath,
  base: UpstreamBase,
  indexes: TreeIndexes,
): Promise<Taken | undefined> {
  // No part has a character that would need encoding, and a Go proxy may know `@v` by no other spelling.
  const url = new URL(`./${path.below}`, base.url);
  const order: Order = { path: path.path, base, url, immutable: path.immutable };
  return depot.take({ ...order, ...heldAgainst(path, base, indexes) }, true);
}

function heldAgainst(path: TreePath, base: UpstreamBase, { cran, go }: TreeIndexes): Partial<Order> {
  if (path.immutable && isCalled(path.registry, 'cran')) return { announced: () => cran.announced(base, path.below) };
  const file = isCalled(path.registry, 'go') ? goFileOf(path.below) : undefined;
  if (file === undefined) return {};
  return { announced: () => go.announced(base, file), h1: (arrived) => goSumOf(file.kind, arrived) };
}

export interface TreeIndexes {
  cran: CranIndex;
  go: ChecksumDatabase;
}
