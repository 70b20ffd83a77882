import { loadScripts, scriptFolder } from '../redis/scripts.ts';

/** The digest by which Redis knows a script -> its name, for whoever watches the wire; `leaseMs` as in `openQueue`. */
export function scriptNamesByDigest(leaseMs: number): Record<string, string> {
  const scripts = loadScripts(scriptFolder, { leaseMs, patienceMs: 600_000 });
  return Object.fromEntries(
    Object.entries(scripts).flatMap(([name, { sha, many }]) =>
      [sha, ...(many === undefined ? [] : [many.sha])].map((one) => [one, name]),
    ),
  );
}
