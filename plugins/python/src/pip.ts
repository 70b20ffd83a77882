import type { PlanStep } from '@slowlane/contracts';

export const wheelhouse = '/work/home/wheelhouse';

type Step = Pick<PlanStep, 'name' | 'phase' | 'argv'> & Partial<PlanStep>;

/** One program of a phase, with the environment of that phase: `resolve` asks the gateway, the others the wheelhouse alone. */
export function step(phase: PlanStep['phase'], name: string, argv: string[], env: Record<string, string> = {}): Step {
  const isOnline = phase === 'resolve';
  return {
    name,
    phase,
    argv,
    env: { ...common, ...(isOnline ? online : offline), ...env },
    missPatterns: isOnline ? [] : [...unresolved],
    failurePatterns: [...dependencyFailures],
  };
}

export function pip(...args: string[]): string[] {
  return ['python3', '-m', 'pip', ...args];
}

const common = {
  // A configuration file of the machine would bring its own index.
  PIP_CONFIG_FILE: '/dev/null',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_NO_CACHE_DIR: '1',
  PIP_NO_COLOR: '1',
  PIP_NO_INPUT: '1',
  PIP_PROGRESS_BAR: 'off',
  PIP_ROOT_USER_ACTION: 'ignore',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONUNBUFFERED: '1',
  // Times in a zip begin in 1980; the core's value is later.
  SOURCE_DATE_EPOCH: '${sourceDateEpoch}',
};

const online = { PIP_INDEX_URL: 'http://127.0.0.1:3128/pypi/simple', PIP_DEFAULT_TIMEOUT: '60', PIP_RETRIES: '2' };
const offline = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheelhouse };

/** Texts of pip 23, checked in `plan.test.ts`. */
const unresolved = [
  'No matching distribution found for',
  'Could not find a version that satisfies',
  'ResolutionImpossible',
];

const dependencyFailures: PlanStep['failurePatterns'] = [
  { pattern: 'HTTP error 403 while getting|403 Client Error', code: 'build.egress-denied' },
  ...unresolved.map((pattern) => ({ pattern, code: 'build.dependency' as const })),
];
