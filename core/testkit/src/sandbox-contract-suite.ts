import type { SandboxDriver, SandboxSpec } from '@slowlane/contracts';
import { sandboxChecks } from './sandbox-checks.ts';
import { supervisedChecks } from './supervised-checks.ts';

/** One sentence of the contract, and whether the driver keeps it. */
export interface Finding {
  test: string;
  ok: boolean;
  detail: string;
}

export interface SandboxSuiteOptions {
  /** A specification that works on this machine, with a work volume and at least 64 MiB of memory; the suite varies it. */
  spec: SandboxSpec;
  /** An existing folder of the caller, by its real path, for the records of supervised programs. */
  folder: string;
}

/** What a check is given. */
export interface SuiteContext {
  driver: SandboxDriver;
  folder: string;
  /** A specification with an id of its own. */
  spec(changes?: Partial<SandboxSpec>): SandboxSpec;
  limits(changes: Partial<SandboxSpec['limits']>): Partial<SandboxSpec>;
}

/** Sentence -> a check that throws when it does not hold. */
export type Checks = Record<string, (context: SuiteContext) => Promise<void>>;

/**
 * The contract of `SandboxDriver`, sentence by sentence, for every driver: programs are `/bin/sh` and what every machine has, and
 * paths are relative to the work volume, so that a driver without a root of its own can keep it too. Attacks are no part of it: see `probe`.
 */
export async function sandboxContractSuite(driver: SandboxDriver, options: SandboxSuiteOptions): Promise<Finding[]> {
  let count = 0;
  const context: SuiteContext = {
    driver,
    folder: options.folder,
    spec: (changes = {}) => ({ ...options.spec, id: `${options.spec.id.slice(0, 30)}-c${count++}`, ...changes }),
    limits: (changes) => ({ limits: { ...options.spec.limits, ...changes } }),
  };
  const findings: Finding[] = [];
  for (const [test, check] of Object.entries({ ...sandboxChecks, ...supervisedChecks })) {
    findings.push(await judge(test, () => check(context)));
  }
  return findings;
}

async function judge(test: string, check: () => Promise<void>): Promise<Finding> {
  try {
    await check();
    return { test, ok: true, detail: '' };
  } catch (error) {
    return { test, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
