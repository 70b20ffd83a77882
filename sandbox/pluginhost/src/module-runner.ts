/**
 * Runs inside the sandbox, one mediator module per process. Its text comes as the first call, because the process sees no file of it; a line of JSON in is a call, a
 * line of JSON out is its answer. The module shares this process and could forge its own answers, never another module's.
 */
import { stripTypeScriptTypes } from 'node:module';
import { createInterface } from 'node:readline';

type Functions = Record<string, unknown>;

const answerTo = process.stdout.write.bind(process.stdout);
// A module that prints must not break the protocol.
process.stdout.write = process.stderr.write.bind(process.stderr);

let functions: Functions = {};
answer({ id: process.argv[2], answer: null });
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const call = JSON.parse(line) as { id: string; method: string; args: unknown[] };
  answer({ id: call.id, ...(await outcomeOf(call)) });
}

async function outcomeOf({ method, args }: { method: string; args: unknown[] }): Promise<object> {
  try {
    if (method !== 'load') return { answer: await (functions[method] as (...given: unknown[]) => unknown)(...args) };
    functions = await load(args[0] as string);
    return { answer: Object.keys(functions).filter((name) => typeof functions[name] === 'function') };
  } catch (error) {
    return { threw: wordsOf(error) };
  }
}

/** By an address that holds the text itself: there is no folder to write it to. Stripping keeps every line where it is. */
async function load(code: string): Promise<Functions> {
  const script = stripTypeScriptTypes(code, { mode: 'strip' });
  return (await import(`data:text/javascript;base64,${Buffer.from(script).toString('base64')}`)) as Functions;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = /data:text\/javascript;base64,[A-Za-z0-9+/=]*:(\d+)/.exec(error.stack ?? '')?.[1];
  const firstLine = error.message.split('\n')[0] ?? '';
  const message = firstLine.replace(/data:text\/javascript;base64,[A-Za-z0-9+/=]*/g, 'the module').slice(0, 1_000);
  return `${line === undefined ? '' : `line ${line}: `}${error.name}: ${message}`;
}

function answer(value: object): void {
  answerTo(`${JSON.stringify(value)}\n`);
}
