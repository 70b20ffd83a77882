import { existsSync } from 'node:fs';
import { connectHelper } from '@slowlane/helper';
import type { DoctorView } from '@slowlane/cli';
import type { Installation } from '../processes/installation.ts';

/** Runs the driver's abuse tests where a helper runs; `undefined` where none does. */
export async function probeSandbox({ paths }: Installation): Promise<DoctorView['sandbox']> {
  if (!existsSync(paths.helperSocket)) return undefined;
  try {
    return await connectHelper(paths.helperSocket).probe();
  } catch {
    return undefined;
  }
}
