import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { start } from '@slowlane/process';
import type { Answer, CallStep, Client } from '../case.ts';
import { listKeys } from '../operations.ts';

export interface SdkProgram {
  name: 'python' | 'java';
  version: string;
  argv: string[];
  env: Record<string, string>;
}

/** A program that drives an official SDK: one call as a line of JSON in, one answer as a line of JSON out. */
export function createSdkClient(program: SdkProgram): Client {
  const started = start(program.argv, { env: program.env, stdin: 'pipe', stderr: 'ignore' });
  const input = started.stdin as Writable;
  // A program that ended is told by its missing answer.
  input.on('error', () => {});
  const lines = createInterface({ input: started.stdout as Readable })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: program.name,
    version: program.version,
    cannot: (step) => ('http' in step ? 'only the raw client sends exact bytes' : undefined),
    shows: () => true,
    send(step) {
      const answer = last.then(() => ask(step as CallStep));
      last = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      input.end();
      await started.ended;
    },
  };

  async function ask({ call, with: given = {} }: CallStep): Promise<Answer> {
    input.write(`${JSON.stringify({ call, with: given, list: listKeys[call] ?? null })}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the program of the ${program.name} SDK ended`);
    return JSON.parse(value) as Answer;
  }
}
