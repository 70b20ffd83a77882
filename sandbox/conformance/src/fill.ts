/** The value with `{names}` filled in all its texts. A name that nothing was saved under stays: it may be the API's own syntax. */
export function fill<T>(value: T, saved: Readonly<Record<string, unknown>>): T {
  if (typeof value === 'string') return fillText(value, saved) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => fill(one, saved)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [fillText(key, saved), fill(one, saved)])) as T;
}

function fillText(text: string, saved: Readonly<Record<string, unknown>>): unknown {
  const alone = /^\{([a-z_0-9]+)\}$/.exec(text)?.[1];
  if (alone !== undefined && alone in saved) return saved[alone];
  return text.replaceAll(/\{([a-z_0-9]+)\}/g, (whole, name: string) => (name in saved ? String(saved[name]) : whole));
}
