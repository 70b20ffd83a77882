/**
 * Runs inside the sandbox, one plugin per process: a line of JSON in is a call, a line of JSON out is its answer. Nothing here is trusted by
 * the host, which checks every answer; the plugin shares this process and could forge its own answers, never another plugin's.
 */
import { createInterface } from 'node:readline';

type Methods = Record<string, (...args: unknown[]) => unknown>;

const answerTo = process.stdout.write.bind(process.stdout);
// A plugin that prints must not break the protocol.
process.stdout.write = process.stderr.write.bind(process.stderr);

const plugin = await load(process.argv[2] as string);
answer({ id: process.argv[3], answer: plugin.manifest });
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const call = JSON.parse(line) as { id: string; method: string; args: unknown[] };
  answer({ id: call.id, ...outcomeOf(call) });
}

async function load(entry: string): Promise<Methods & { manifest: unknown }> {
  const module = (await import(entry)) as { plugin?: unknown };
  if (typeof module.plugin !== 'object' || module.plugin === null) throw new Error('index.ts exports no "plugin"');
  return module.plugin as Methods & { manifest: unknown };
}

function outcomeOf(call: { method: string; args: unknown[] }): object {
  try {
    return { answer: (plugin[call.method] as Methods[string])(...call.args) };
  } catch (error) {
    return refusalOf(error) ?? { threw: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** By name: a plugin from elsewhere brings its own copy of the class. */
function refusalOf(error: unknown): object | undefined {
  if (!(error instanceof Error) || error.name !== 'PlanRefusal') return undefined;
  const { code, message, hint, candidates } = error as Error & Record<string, unknown>;
  return { refusal: { code, message, hint, candidates } };
}

function answer(value: object): void {
  answerTo(`${JSON.stringify(value)}\n`);
}
