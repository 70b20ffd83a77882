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

export interface ScriptText {
  text: string;
  sha: string;
}

export interface Script extends ScriptText {
  /** The same for several calls, where they may be carried out together: see `together`. */
  many: ScriptText | undefined;
}

/** Scripts that are short and come in bursts. */
const gathered: ReadonlySet<ScriptName> = new Set<ScriptName>([
  'accept',
  'bind',
  'claim',
  'end-request',
  'intend',
  'notified',
  'park',
  'release',
  'take-request',
]);

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
    const used = [head, usedDefinitions(included.join('\n'), script)].join('\n');
    const many = gathered.has(name) ? scriptOf(together(used, script)) : undefined;
    return [name, { ...scriptOf(`${used}\n${script}`), many }] as const;
  });
  return Object.fromEntries(entries) as Record<ScriptName, Script>;
}

function scriptOf(text: string): ScriptText {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/**
 * The script as a function, called for each of several calls: ARGV is, for each, the number of its arguments and these. Returns their replies; one that breaks off is
 * an error among them, and the others are carried out.
 */
function together(used: string, script: string): string {
  return `${used}
local function once(ARGV)
${script}
end
local replies, at = {}, 1
while ARGV[at] do
  local count, args = tonumber(ARGV[at]), {}
  for index = 1, count do args[index] = ARGV[at + index] end
  at = at + count + 1
${/^local known\b/m.test(used) ? '  known = nil\n' : ''}  local ok, reply = pcall(once, args)
  if not ok and type(reply) == 'string' then reply = redis.error_reply(reply) end
  replies[#replies + 1] = reply == nil and false or reply
end
return replies
`;
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
