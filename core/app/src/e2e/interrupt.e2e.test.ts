import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interruptDemo } from './interrupt-demo.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation('policy: { callbacks: ["127.0.0.1:7073"] }\n');
});
afterAll(() => installation.close());

describe('Ctrl-C', () => {
  // In the middle of a run: demo.e2e.test.ts, where everything is built already.
  it('in the middle of a push of the demo ends it and leaves no process behind', { timeout: 600_000 }, async () => {
    const { exitCode, left } = await interruptDemo(installation, 'remote: --> sbt');
    expect(exitCode).not.toBe(0);
    expect(left).toEqual([]);
    const { processes } = await installation.json<{ processes: { running: boolean }[] }>('status');
    expect(processes.map(({ running }) => running)).toEqual([false, false, false, false]);
  });
});
