import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { python } from './bench.ts';
import type { Bench, Finding } from './bench.ts';

const script = readFileSync(new URL('./inside.py', import.meta.url), 'utf8');

/** Tests 5, 6, 8-19 and 29: what a program tries from inside. */
export async function attackFromInside(bench: Bench): Promise<Finding[]> {
  const listener = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  try {
    const task = {
      env: ['PATH', 'PWD', 'LANG', 'SHLVL', '_', 'LC_CTYPE'],
      hostPort: (listener.address() as AddressInfo).port,
      hidden: [
        homedir(),
        '/etc/shadow',
        '/home',
        '/var',
        '/run',
        '/boot',
        bench.context.paths.state,
        bench.context.paths.run,
        import.meta.filename,
      ],
    };
    const { stdout, stderr, end } = await bench.within({}, (sandbox) => python(sandbox, script, JSON.stringify(task)));
    const findings = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Finding);
    const isComplete = findings.at(-1)?.test === 'end';
    return [
      ...findings.slice(0, -1),
      {
        test: 'the attacks ran to their end',
        ok: isComplete,
        detail: `${JSON.stringify(end)} ${stderr.slice(0, 400)}`,
      },
    ];
  } finally {
    listener.close();
  }
}
