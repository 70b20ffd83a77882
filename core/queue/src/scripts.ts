import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const scriptNames = [
  'accept',
  'append-log',
  'begin-mediation',
  'bind',
  'cancel-request',
  'claim',
  'confirm-push',
  'due',
  'end-request',
  'fault',
  'intend',
  'lost',
  'move-build',
  'notified',
  'park',
  'poll-again',
  'postpone',
  'pump',
  'reap',
  'release',
  'restore-limits',
  'retire',
  'retrigger',
  'retry',
  'set-limits',
  'start-build',
  'trim',
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
}

export const scriptFolder = join(import.meta.dirname, 'lua');

/** Reads the scripts: settings, then the files named in a script's `-- include:` line, then the script. */
export function loadScripts(folder: string, settings: ScriptSettings): Record<ScriptName, Script> {
  const head = `local settings = { leaseMs = ${integer(settings.leaseMs)}, patienceMs = ${integer(settings.patienceMs)} }\n`;
  const entries = scriptNames.map((name) => {
    const body = readFileSync(join(folder, `${name}.lua`), 'utf8');
    const includes = /^-- include: (.+)$/m.exec(body)?.[1]?.split(', ') ?? [];
    const text = [head, ...includes.map((file) => readFileSync(join(folder, `${file}.lua`), 'utf8')), body].join('\n');
    return [name, { text, sha: createHash('sha1').update(text).digest('hex') }] as const;
  });
  return Object.fromEntries(entries) as Record<ScriptName, Script>;
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a number of milliseconds: ${value}`);
  return String(value);
}
