import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryLogger } from '@slowlane/testkit';
import { expect, it } from 'vitest';
import { openLedger } from './open-ledger.ts';

it('remembers revoked links over a restart: single ones, and the newest word on all of a request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-revoked-'));
  const open = () =>
    openLedger({ file: join(folder, 'ledger'), archiveDir: join(folder, 'archive'), logger: createMemoryLogger() });
  try {
    const { revocations, close } = await open();
    expect(await revocations.of('req_a')).toEqual({ allUntil: undefined, signatures: [] });
    await revocations.revoke('req_a', 'ab12', { by: 'ana', at: 5 });
    await revocations.revoke('req_a', 'ab12', { by: 'ana', at: 6 });
    await revocations.revokeAll('req_a', { by: 'ana', at: 7 });
    await revocations.revokeAll('req_a', { by: 'bob', at: 9 });
    await close();
    const again = await open();
    expect(await again.revocations.of('req_a')).toEqual({ allUntil: 9, signatures: ['ab12'] });
    expect(await again.revocations.of('req_b')).toEqual({ allUntil: undefined, signatures: [] });
    await again.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
