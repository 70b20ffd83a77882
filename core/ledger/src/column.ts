/** How event data becomes column values. */
export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export function json(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

/** And back: NULL is absent. */
export function optional<T>(value: T | null): T | undefined {
  return value ?? undefined;
}

export function parsed<T>(value: string | null): T | undefined {
  return value === null ? undefined : (JSON.parse(value) as T);
}
