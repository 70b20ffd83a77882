import type { Failure } from '@slowlane/contracts';

/** Why it went wrong and what to do, in the lines that git puts `remote:` before. */
export function showFailure(session: { show(line: string): void }, failure: Failure): void {
  session.show('');
  for (const line of `${failure.code}: ${failure.message}`.split('\n')) session.show(line);
  session.show(`hint: ${failure.hint}`);
}
