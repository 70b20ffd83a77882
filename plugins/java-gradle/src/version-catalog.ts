import type { TreeSnapshot } from '@slowlane/contracts';
import { parseToml } from '@slowlane/kit';

export const catalogFile = 'gradle/libs.versions.toml';

/**
 * Puts the plugins of the version catalogue where a build file names them by alias: `alias(libs.plugins.shadow)` becomes `id("…") version "…"`.
 * @see https://docs.gradle.org/current/userguide/version_catalogs.html
 */
export function withCatalogPlugins(code: string, tree: TreeSnapshot): string {
  const plugins = catalogPlugins(tree.contents[catalogFile]);
  if (plugins.size === 0) return code;
  return code.replace(/\balias[ \t]*\(?[ \t]*libs\.plugins\.([A-Za-z0-9_.]+)[ \t]*\)?/g, (text, alias: string) => {
    const id = plugins.get(alias);
    return id === undefined ? text : `id("${id}") version "catalogue"`;
  });
}

/** Accessor of each plugin (`-` and `_` of an alias are dots in it), and its id. */
function catalogPlugins(text: string | undefined): Map<string, string> {
  const parsed = text === undefined ? undefined : parseToml(text);
  const plugins = parsed?.ok === true ? parsed.value['plugins'] : undefined;
  if (typeof plugins !== 'object' || plugins === null) return new Map();
  return new Map(
    Object.entries(plugins).flatMap(([alias, entry]: [string, unknown]) => {
      const id = typeof entry === 'string' ? entry.split(':')[0] : (entry as { id?: unknown } | null)?.id;
      return typeof id === 'string' && /^[A-Za-z0-9_.-]+$/.test(id) ? [[alias.replace(/[-_]/g, '.'), id] as const] : [];
    }),
  );
}
