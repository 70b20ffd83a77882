import { readFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import { formatBytes } from '@slowlane/kit';
import { run } from '@slowlane/process';
import { statusOf } from '../commands/status.ts';
import type { Installation } from '../processes/installation.ts';
import type { Figure } from './figures.ts';

const limitBytes = 250 * 1_048_576;

/** Memory that the installation's processes hold now, pages that several share counted once (PSS); beside it an empty Node process. */
export async function benchIdle(installation: Installation): Promise<Figure[]> {
  const { processes } = await statusOf(installation);
  const service = processes.filter(({ name, running }) => running && name !== 'workspace');
  if (!service.some(({ name }) => name === 'service'))
    throw new SlowLaneError('cli.not-running', 'the figure "idle" needs a running Slow Lane');
  const bytes = service.reduce((sum, { pid }) => sum + proportionalBytes(pid as number), 0);
  const empty = await emptyNode();
  return [
    {
      name: `idle: ${service.map(({ name }) => name).join(', ')} (raw: an empty Node process)`,
      ours: formatBytes(bytes),
      raw: formatBytes(empty),
      ratio: (bytes / empty).toFixed(2),
      target: `<= ${formatBytes(limitBytes)}`,
      met: bytes <= limitBytes,
    },
  ];
}

async function emptyNode(): Promise<number> {
  const script = "process.stdout.write(require('fs').readFileSync('/proc/self/smaps_rollup', 'utf8'))";
  return proportionalIn((await run([process.execPath, '-e', script])).stdout);
}

/**
 * A process of another user (the helper, when root has started it) tells only sums: its own pages count whole, and of the shared ones of its
 * program as much as falls to this process, which is the same program.
 */
function proportionalBytes(pid: number): number {
  try {
    return proportionalIn(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  } catch (error) {
    if (!isDenied(error)) throw error;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const program = kilobytesIn(readFileSync('/proc/self/smaps_rollup', 'utf8'), 'Pss_File');
    return (kilobytesIn(status, 'RssAnon') + kilobytesIn(status, 'RssShmem') + program) * 1_024;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}

/** @see https://www.kernel.org/doc/html/latest/filesystems/proc.html (smaps_rollup) */
function proportionalIn(text: string): number {
  return kilobytesIn(text, 'Pss') * 1_024;
}

function kilobytesIn(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}
