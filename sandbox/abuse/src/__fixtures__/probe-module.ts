import { startTestHelper } from '@slowlane/testkit';
import type { Probe } from '../run-abuse-mutant.ts';

/** The helper has a secret in its environment, as a service may. */
export const probeModule: Probe = async (driverModule) => {
  const helper = await startTestHelper({
    driverModule,
    launcher: ['/usr/bin/env', 'CANARY_TOKEN=canary-value-8d21f0'],
  });
  try {
    return await helper.driver.probe();
  } finally {
    await helper.close();
  }
};
