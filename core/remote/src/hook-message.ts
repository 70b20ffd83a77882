/** One line that a push wants to change. */
export interface RefUpdate {
  old: string;
  new: string;
  ref: string;
}

export interface HookMessage {
  kind: 'pre-receive' | 'post-receive';
  ticket: string;
  /** Absolute; the quarantine while git has not taken the push; empty when git named none. */
  objectFolder: string;
  updates: RefUpdate[];
}

const zero = /^0{40}(0{24})?$/;

export function isDelete(update: RefUpdate): boolean {
  return zero.test(update.new);
}

/** The branch of `refs/heads/…`; undefined for tags and everything else. */
export function branchOf(update: RefUpdate): string | undefined {
  return update.ref.startsWith('refs/heads/') ? update.ref.slice('refs/heads/'.length) : undefined;
}

/** Reads the first line of a hook's connection; undefined for anything but a well-formed message. */
export function parseHookMessage(line: string): HookMessage | undefined {
  try {
    const value = JSON.parse(line) as Partial<HookMessage>;
    const isKind = value.kind === 'pre-receive' || value.kind === 'post-receive';
    const areTexts = typeof value.ticket === 'string' && typeof value.objectFolder === 'string';
    return isKind && areTexts && Array.isArray(value.updates) && value.updates.every(isUpdate)
      ? (value as HookMessage)
      : undefined;
  } catch {
    return undefined;
  }
}

function isUpdate(value: unknown): value is RefUpdate {
  const update = value as Partial<RefUpdate> | null;
  const isId = (id: unknown): boolean => typeof id === 'string' && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(id);
  return isId(update?.old) && isId(update?.new) && typeof update?.ref === 'string' && update.ref.startsWith('refs/');
}
