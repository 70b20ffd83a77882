import { type DriverReport, type SandboxDriver, SlowLaneError } from '@slowlane/contracts';

type Provable = Pick<SandboxDriver, 'kind' | 'probe'>;

/** Attacks a driver before anything of a stranger's runs in it. Throws `sandbox.failed` with what did not hold. */
export async function proveDriver(driver: Provable, { isQuick }: { isQuick: boolean }): Promise<void> {
  const report = await probeTwice(driver, isQuick);
  const failed = report.findings.filter((finding) => !finding.ok);
  if (report.ok) return;
  throw new SlowLaneError(
    'sandbox.failed',
    `the ${driver.kind} driver does not hold ${failed.length} of ${report.findings.length} attacks: ${failed.map((one) => `${one.test} (${one.detail})`).join('; ')}`,
    {
      hint: 'Mend what is named, or choose another driver: sandbox: { driver: … } in slowlane.yaml (docs/sandbox.md).',
    },
  );
}

/** Some attacks are about time, and a machine may be busy while it starts. A hole is there the second time too. */
async function probeTwice(driver: Provable, isQuick: boolean): Promise<DriverReport> {
  const first = await driver.probe({ isQuick });
  return first.ok ? first : driver.probe({ isQuick });
}
