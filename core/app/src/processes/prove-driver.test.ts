import type { DriverReport } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { proveDriver } from './prove-driver.ts';

const held: DriverReport = { ok: true, tier: 'full', findings: [{ test: '5 only lo', ok: true, detail: '' }] };
const open: DriverReport = { ...held, ok: false, findings: [{ test: '5 only lo', ok: false, detail: 'eth0' }] };

describe('proveDriver', () => {
  it('takes a driver whose attacks held', async () => {
    await expect(proveDriver(answering([held]), { isQuick: true })).resolves.toBeUndefined();
  });

  it('refuses one that does not hold, with the finding', async () => {
    await expect(proveDriver(answering([open, open]), { isQuick: true })).rejects.toMatchObject({
      code: 'sandbox.failed',
      message: 'the docker driver does not hold 1 of 1 attacks: 5 only lo (eth0)',
    });
  });

  it('attacks a second time before it refuses', async () => {
    await expect(proveDriver(answering([open, held]), { isQuick: true })).resolves.toBeUndefined();
  });
});

function answering(reports: DriverReport[]) {
  return { kind: 'docker' as const, probe: () => Promise.resolve(reports.shift() as DriverReport) };
}
