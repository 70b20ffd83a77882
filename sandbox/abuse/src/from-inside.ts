import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { runInside } from './bench.ts';
import type { Bench, Finding } from './bench.ts';

export const insideScript = readFileSync(new URL('./inside.py', import.meta.url), 'utf8');

/** Names that an isolation may set by itself; none of them tells anything about this machine. */
const harmlessNames = [
  'PATH',
  'PWD',
  'LANG',
  'SHLVL',
  '_',
  'LC_CTYPE',
  'HOME',
  'HOSTNAME',
  'TERM',
  'container',
  'PLANTED',
];
const planted = 'planted-value-5e1f';

/** Tests 5-19, 26, 29, 31 and the holes that show themselves inside: what a program tries from there. */
export async function attackFromInside(bench: Bench): Promise<Finding[]> {
  const listener = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  // A name without a file, as D-Bus and X servers have: it belongs to the network, not to the file system.
  const abstract = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => abstract.listen(`\0slowlane-probe-${process.pid}-${Date.now()}`, resolve));
  try {
    const places = [bench.folder, ...(bench.hidden ?? [])];
    const task = {
      env: harmlessNames,
      hostPort: (listener.address() as AddressInfo).port,
      hidden: [
        ...places,
        homedir(),
        '/etc/shadow',
        '/home',
        '/var/lib',
        '/var/cache',
        '/run/lock',
        '/boot',
        import.meta.filename,
      ],
      places,
      secrets: ownSecrets(),
    };
    const findings = await attackWith(bench, task);
    if (bench.isQuick) return findings;
    // A value of the specification is the build's own, so it may be read there, but not in command lines.
    const shown = await attackWith(bench, { ...task, secrets: [planted], env: harmlessNames }, { PLANTED: planted });
    const holes = shown.filter(({ test }) => test.startsWith('10 command lines'));
    return [
      ...findings,
      ...holes.map((one) => ({ ...one, test: 'hole 3 values of the environment in command lines' })),
    ];
  } finally {
    listener.close();
    abstract.close();
  }
}

/** Whatever long value the process with the driver was started with may be one; paths are everywhere. */
function ownSecrets(): string[] {
  const values = readFileSync('/proc/self/environ', 'utf8')
    .split('\0')
    .map((entry) => entry.slice(entry.indexOf('=') + 1));
  return values.filter((value) => value.length >= 16 && !/[/\s]/.test(value));
}

async function attackWith(bench: Bench, task: object, env: Record<string, string> = {}): Promise<Finding[]> {
  const { stdout, stderr, end } = await bench.within({}, (sandbox) =>
    runInside(sandbox, {
      argv: ['/usr/bin/python3', '-I', '-S', '-c', insideScript],
      env,
      input: JSON.stringify(task),
    }),
  );
  const findings = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Finding);
  const isComplete = findings.at(-1)?.test === 'end';
  const detail = `${JSON.stringify(end)} ${stderr.slice(0, 400)}`;
  return [...findings.slice(0, -1), { test: 'the attacks ran to their end', ok: isComplete, detail }];
}
