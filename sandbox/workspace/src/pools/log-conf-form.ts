/** Where logs go, in the words of policies: `cluster_log_conf.type` (`DBFS`, `VOLUMES`, ...) and `cluster_log_conf.path`. */
export function toPolicyForm(conf: unknown): Record<string, unknown> | undefined {
  const [kind, value] = Object.entries((conf ?? {}) as Record<string, unknown>).find(([, one]) => one !== null) ?? [];
  if (kind === undefined) return undefined;
  const { destination, ...others } = value as Record<string, unknown>;
  return { ...others, type: kind.toUpperCase(), path: destination };
}

/** The same in the words of clusters; `undefined` where the rules have left no destination. */
export function fromPolicyForm(form: unknown): Record<string, unknown> | undefined {
  const { type, path, ...others } = (form ?? {}) as Record<string, unknown>;
  if (typeof type !== 'string' || type === 'NONE' || path === undefined) return undefined;
  return { [type.toLowerCase()]: { ...others, destination: path } };
}
