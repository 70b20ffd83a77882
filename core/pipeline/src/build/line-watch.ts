import type { ErrorCode, PlanStep } from '@slowlane/contracts';
import { linearPattern, patternLineLength } from '@slowlane/kit';

export interface LineWatch {
  see(line: string): void;
  /** A dependency was not in the cache. */
  readonly isMiss: boolean;
  /** Code of the first pattern (in the plan's order) that was seen. */
  readonly code: ErrorCode | undefined;
  /** The line that showed it. */
  readonly line: string | undefined;
  /** A host that the build asked for and could not reach: outside the resolve phase there is none, in it only the gateway. */
  readonly host: string | undefined;
}

/** Looks for the texts by which a plan tells why a step fails. */
export function watchLines(step: PlanStep): LineWatch {
  const misses = step.missPatterns.map(linearPattern);
  const failures = step.failurePatterns.map(({ pattern, code }) => ({ pattern: linearPattern(pattern), code }));
  const seen = new Map<number, string>();
  let isMiss = false;
  let host: string | undefined;
  return {
    see(whole) {
      const line = whole.slice(0, patternLineLength);
      isMiss ||= misses.some((pattern) => pattern.test(line));
      for (const [index, { pattern }] of failures.entries()) {
        if (!seen.has(index) && pattern.test(line)) seen.set(index, line);
      }
      host ??= hostIn(line);
    },
    get isMiss() {
      return isMiss;
    },
    get code() {
      return failures.find((_, index) => seen.has(index))?.code;
    },
    get line() {
      const first = failures.findIndex((_, index) => seen.has(index));
      return seen.get(first);
    },
    get host() {
      return host;
    },
  };
}

/** How Java, curl, git, Python and R say that a name has no address. */
const unknownHost = [
  /UnknownHostException: ([A-Za-z0-9.-]{1,253})/,
  /Could not resolve host:? ([A-Za-z0-9.-]{1,253})/i,
  /Failed to resolve '([A-Za-z0-9.-]{1,253})'/,
  /host='([A-Za-z0-9.-]{1,253})', port=[0-9]{1,5}\): Max retries exceeded/,
];

function hostIn(line: string): string | undefined {
  for (const pattern of unknownHost) {
    const host = pattern.exec(line)?.[1];
    if (host !== undefined) return host.replace(/\.$/, '');
  }
  return undefined;
}
