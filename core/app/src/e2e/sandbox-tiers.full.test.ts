import { afterAll, describe } from 'vitest';
import { canStartOwnEngine, startOwnEngine, type OwnEngine } from '@slowlane/oci';
import { runTemplates } from './__fixtures__/template-runs.ts';

const isPython = (template: string): boolean => template === 'driver-notebook';

describe('with sandbox: { tier: rootless }', () => {
  runTemplates(isPython, () => Promise.resolve('sandbox: { tier: rootless }\n'));
});

describe.skipIf(!canStartOwnEngine('docker'))('with sandbox: { driver: docker }', () => {
  let own: OwnEngine | undefined;
  afterAll(() => own?.close());
  runTemplates(isPython, async () => {
    own = await startOwnEngine('docker');
    return `sandbox: { driver: docker, socket: ${own.engine.socketPath} }\n`;
  });
});
