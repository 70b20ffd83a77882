import { describe, expect, it } from 'vitest';
import { pause } from './pause.ts';

describe('a pause', () => {
  it('ends by itself', async () => {
    await expect(pause(1)).resolves.toBeUndefined();
  });

  it('ends with the reason of its signal, whether that comes before or during it', async () => {
    const controller = new AbortController();
    const pausing = pause(600_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(pausing).rejects.toThrow('enough');
    await expect(pause(600_000, controller.signal)).rejects.toThrow('enough');
  });
});
