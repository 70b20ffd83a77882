import type { Redis } from 'ioredis';
import { asUnavailable, orUnavailable } from './availability.ts';
import { createFrozenGuard } from './frozen-guard.ts';
import { gatherCalls } from './gather-calls.ts';
import type { Keys } from './keys.ts';
import type { Script, ScriptName, ScriptText } from './scripts.ts';

export type ScriptArgument = string | number;

/** The connection of lanes and gate: scripts, and reads of single keys. All calls throw `queue.unavailable` when Redis does not answer. */
export interface Store {
  keys: Keys;
  run(script: ScriptName, ...args: ScriptArgument[]): Promise<unknown>;
  /** Any other command. */
  call<T>(command: (redis: Redis) => Promise<T>): Promise<T>;
  /** Fields of several hashes in one round trip, empty for one that does not exist. */
  hashes(names: readonly string[]): Promise<Record<string, string>[]>;
  close(): void;
}

export function createStore(redis: Redis, options: { keys: Keys; scripts: Record<ScriptName, Script> }): Store {
  const { keys, scripts } = options;
  const frozen = createFrozenGuard(redis);
  const call: Store['call'] = (command) => orUnavailable(() => frozen.run(() => command(redis)));
  const runOne = (script: ScriptText, args: readonly ScriptArgument[]): Promise<unknown> =>
    call((connection) => runScript(connection, script, [keys.root, ...args]));
  const together = gatherCalls<GatheredScript, ScriptArgument>(async (script, calls) => {
    if (calls.length === 1) return Promise.all(calls.map((args) => runOne(script, args)));
    const replies = await runOne(
      script.many,
      calls.flatMap((args) => [args.length, ...args]),
    );
    return (replies as unknown[]).map(asUnavailable);
  });
  return {
    keys,
    call,
    close: frozen.close,
    run: (name, ...args) => {
      const script = scripts[name];
      return isGathered(script) && args.length <= MOST_ARGUMENTS ? together.run(script, args) : runOne(script, args);
    },
    hashes: (names) => call((connection) => readHashes(connection, names.map(keys.of))),
  };
}

type GatheredScript = Script & { many: ScriptText };

function isGathered(script: Script): script is GatheredScript {
  return script.many !== undefined;
}

/** Of a call that may go with others: a request that is split into more parts is long enough alone. */
const MOST_ARGUMENTS = 40;

async function runScript(redis: Redis, script: ScriptText, args: ScriptArgument[]): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, 1, ...args);
  } catch (thrown) {
    if (!(thrown instanceof Error) || !thrown.message.startsWith('NOSCRIPT')) throw thrown;
    return redis.eval(script.text, 1, ...args);
  }
}

/** One write, because the connection gathers what one turn sends: see `GatheringRedis`. */
function readHashes(redis: Redis, keys: string[]): Promise<Record<string, string>[]> {
  return Promise.all(keys.map((key) => redis.hgetall(key)));
}

/** `[name, value, name, value, …]` as a script returns a hash. */
export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at] as string] = flat[at + 1] as string;
  return fields;
}
