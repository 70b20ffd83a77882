import type { Failure } from '@slowlane/contracts';

/** Answer to a call. `ended` follows the answer to `exec`, when the program has. */
export type Answer =
  { of: 'call' | 'ended'; ok: true; value: unknown } | { of: 'call' | 'ended'; ok: false; failure: Failure };

/** The streams of call `id`: numbers that no other call has. */
export function streamNumbers(id: number): { stdin: number; stdout: number; stderr: number } {
  return { stdin: id * 4, stdout: id * 4 + 1, stderr: id * 4 + 2 };
}

/** Calls are numbered from 1; four streams each must fit into 32 bits. */
export const lastCallId = 2 ** 30 - 1;
