import { existsSync } from 'node:fs';
import { abuseTable } from '@slowlane/abuse';
import type { DoctorView } from '@slowlane/cli';
import { loadConfig } from '@slowlane/config';
import { connectHelper } from '@slowlane/helper';
import type { Installation } from '../processes/installation.ts';

/** Runs the driver's abuse tests where a helper runs; `undefined` where none does. */
export async function probeSandbox({ paths, environment }: Installation): Promise<DoctorView['sandbox']> {
  if (!existsSync(paths.helperSocket)) return undefined;
  try {
    const report = await connectHelper(paths.helperSocket).probe();
    const { driver } = loadConfig(environment.configFile).sandbox;
    return { ...report, driver, tests: abuseTable(report.findings, report.notClaimed) };
  } catch {
    return undefined;
  }
}
