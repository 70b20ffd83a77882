import { existsSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { canStartOwnEngine, type EngineKind, startOwnEngine, type OwnEngine } from '@slowlane/oci';
import { runTemplates } from './__fixtures__/template-runs.ts';

const isPython = (template: string): boolean => template === 'driver-notebook';
const isQuick = (template: string): boolean => isPython(template) || template === 'driver-java-maven';

describe('with sandbox: { tier: rootless }', () => {
  runTemplates(isPython, () => Promise.resolve('sandbox: { tier: rootless }\n'));
});

describe.each<EngineKind>(['docker', 'podman'])('with sandbox: { driver: %s }', (kind) => {
  describe.skipIf(!canStartOwnEngine(kind))('of this machine', () => {
    let own: OwnEngine | undefined;
    afterAll(() => own?.close());
    runTemplates(isPython, async () => {
      own = await startOwnEngine(kind);
      return `sandbox: { driver: ${kind}, socket: ${own.engine.socketPath} }\n`;
    });
  });
});

describe.skipIf(!existsSync('/usr/bin/mmdebstrap'))('with sandbox: { root: pinned }', () => {
  runTemplates(
    isQuick,
    () => Promise.resolve('sandbox: { root: pinned }\n'),
    async (installation) => {
      const pinned = await installation.slowlane('toolchain', 'pin');
      expect(pinned.exitCode, pinned.stderr).toBe(0);
    },
  );
});
