import { SlowLaneError } from '@slowlane/contracts';
import { run } from '@slowlane/process';
import type { RunOptions } from '@slowlane/process';

/** Runs a tool of the machine; throws `sandbox.failed` with what it said when it fails. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    timeoutMs: 120_000,
    ...options,
  });
  if (result.ok) return result.stdout;
  const said = result.startError ?? result.stderr.trim();
  throw new SlowLaneError(
    'sandbox.failed',
    `${argv[0]} failed (${result.exitCode ?? result.signal ?? 'not started'}): ${said}`,
    {
      data: { argv: [...argv] },
    },
  );
}
