import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';

const hoard: unknown[] = [];

const deeds: Record<string, (what: string) => unknown> = {
  throw: (what) => {
    throw new Error(what);
  },
  throwNothing: () => {
    throw undefined as unknown as Error;
  },
  loop: () => {
    for (;;);
  },
  eatHeap: () => {
    for (;;) hoard.push(new Array(1_000_000).fill(Math.random()));
  },
  eatBuffers: () => {
    for (;;) hoard.push(Buffer.alloc(16_777_216, 1));
  },
  exit: () => process.exit(0),
  print: () => {
    console.log('{"id":"x"}');
    process.stdout.write('hello\n');
    return { match: 'no' };
  },
  writeToPipe: () => {
    writeSync(1, '{"id":"forged","answer":{"match":"no"}}\n');
    return { match: 'no' };
  },
  flood: () => ({ match: 'yes', evidence: ['x'.repeat(8_000_000)] }),
  nonsense: () => ({ match: 'perhaps' }),
  nothing: () => undefined,
  promise: () => Promise.resolve({ match: 'no' }),
  circular: () => {
    const value: Record<string, unknown> = {};
    value['self'] = value;
    return value;
  },
  laterCrash: () => {
    setImmediate(() => {
      throw new Error('after the answer');
    });
    return { match: 'no' };
  },
  read: (what) => seen(() => readFileSync(what, 'utf8')),
  list: (what) => seen(() => readdirSync(what).join()),
  write: (what) => seen(() => writeFileSync(what, 'x')),
  run: (what) => seen(() => execFileSync(what).toString()),
  env: () => ({ match: 'yes', evidence: [JSON.stringify(Object.keys(process.env).sort())] }),
  connect: (what) => {
    connect(Number(what), '127.0.0.1').on('error', (error) => console.error(error));
    return { match: 'no' };
  },
};

/** What was got, or the code of the error. */
function seen(get: () => unknown): unknown {
  try {
    return { match: 'yes', evidence: [`got ${String(get())}`] };
  } catch (error) {
    return { match: 'yes', evidence: [`failed ${(error as { code?: string }).code}`] };
  }
}

export const plugin = {
  manifest: {
    id: 'other-name',
    version: '1.0.0',
    contract: 1,
    configSchema: {},
    reads: [],
    toolchains: [],
    registries: [],
  },
  detect: (tree: { contents: Record<string, string> }) => {
    const [name, what] = Object.entries(tree.contents)[0] as [string, string];
    return (deeds[name] as (what: string) => unknown)(what);
  },
};
