import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usedDefinitions } from './used-definitions.ts';

export const scriptNames = [
  'aboard',
  'accept',
  'append-log',
  'apply-changes',
  'bind',
  'cancel-part',
  'cancel-request',
  'claim',
  'close-dimension',
  'confirm-push',
  'dispatched',
  'due',
  'end-request',
  'enter-parts',
  'explain',
  'fault',
  'give-back-cluster',
  'go-alone',
  'intend',
  'lost',
  'meet-version',
  'move-cluster',
  'move-build',
  'note-cluster',
  'notified',
  'open-dimension',
  'park',
  'park-staged',
  'poll-again',
  'post-metric',
  'postpone',
  'pump',
  'reap',
  'reconcile',
  'release',
  'restore-limits',
  'retire',
  'retrigger',
  'retry',
  'retry-failed',
  'set-foreign',
  'set-limits',
  'set-window',
  'stage-parts',
  'start-build',
  'take-cluster',
  'take-request',
  'tell-progress',
  'trim',
  'turn-month',
  'walk-on',
] as const;
export type ScriptName = (typeof scriptNames)[number];

export interface Script {
  text: string;
  sha: string;
}

export interface ScriptSettings {
  leaseMs: number;
  /** How long a heavy part may be overtaken on a dimension by lighter ones. */
  patienceMs: number;
  /** So much earlier arrival weighs as much as one turn at the gate, between tenants. */
  turnMs?: number;
}

/**
 * Version of the forms in which state lies in Redis. It rises with every change that older scripts would misread: scripts of another version
 * refuse to touch anything.
 */
export const stateVersion = '2';

/** Long enough that in practice tenants take turns; short enough that nobody can be kept waiting for ever by ever new tenants. */
const TURN_MS = 24 * 3_600_000;

export const scriptFolder = join(import.meta.dirname, '../lua');

/** Reads the scripts: settings, then what a script uses of the files named in its `-- include:` line and in theirs, then the script. */
export function loadScripts(folder: string, settings: ScriptSettings): Record<ScriptName, Script> {
  const head = settingsText(settings);
  const files = new Map<string, string>();
  function read(name: string): string {
    const known = files.get(name) ?? readFileSync(join(folder, `${name}.lua`), 'utf8');
    files.set(name, known);
    return known;
  }
  const entries = scriptNames.map((name) => {
    const included = withIncludes(name, read);
    const script = included.pop() as string;
    const text = [head, usedDefinitions(included.join('\n'), script), script].join('\n');
    return [name, { text, sha: createHash('sha1').update(text).digest('hex') }] as const;
  });
  return Object.fromEntries(entries) as Record<ScriptName, Script>;
}

function settingsText({ leaseMs, patienceMs, turnMs = TURN_MS }: ScriptSettings): string {
  const fields = [
    `version = '${stateVersion}'`,
    `leaseMs = ${integer(leaseMs)}`,
    `patienceMs = ${integer(patienceMs)}`,
    `turnUs = ${integer(turnMs * 1_000)}`,
  ];
  return `local settings = { ${fields.join(', ')} }\n`;
}

/** Texts of a file and of all that it stands on, those first. */
function withIncludes(name: string, read: (name: string) => string, seen = new Set<string>()): string[] {
  if (seen.has(name)) return [];
  seen.add(name);
  const text = read(name);
  const includes = /^-- include: (.+)$/m.exec(text)?.[1]?.split(', ') ?? [];
  return [...includes.flatMap((file) => withIncludes(file, read, seen)), text];
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a number of milliseconds: ${value}`);
  return String(value);
}
