import { type GateControl, SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { mustBeDimension } from './gate-rows.ts';
import type { Pump } from './pump.ts';
import type { Store } from '../redis/store.ts';

type Closures = Pick<GateControl, 'pause' | 'drain' | 'release' | 'busy' | 'free' | 'metric' | 'close' | 'open'>;

const metricForm = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** What people and machines close and open by name: each closure is a limit of 0 with a cause of its own. */
export function createGateClosures({ store, pump }: { store: Store; pump: Pump }): Closures {
  async function close(
    dimension: string,
    cause: string,
    closure: { by: string; reason: string; until?: number | undefined },
  ): Promise<void> {
    mustBeDimension(dimension);
    const until = closure.until === undefined ? '' : String(Math.round(closure.until));
    await store.run('close-dimension', dimension, cause, closure.by, closure.reason, until, newId('cor'));
  }
  async function open(dimension: string, by: string, causes: string[]): Promise<boolean> {
    mustBeDimension(dimension);
    const [found, granted, budget] = (await store.run('open-dimension', dimension, by, newId('cor'), ...causes)) as [
      number,
      number,
      number,
    ];
    await pump.goOn(granted, budget);
    return found === 1;
  }
  return {
    pause: (dimension, by, reason, until) => close(dimension, 'pause', { by, reason, until }),
    drain: (dimension, by, reason) => close(dimension, 'drain', { by, reason }),
    // An operator's word also opens a gate that the platform closed.
    release: (dimension, by) => open(dimension, by, ['pause', 'drain', 'closed']),
    busy: (dimension, { by, reason, until }) => close(dimension, `busy:${by}`, { by, reason, until }),
    free: (dimension, by) => open(dimension, by, [`busy:${by}`]),
    async metric(name, value, by) {
      if (!metricForm.test(name) || !Number.isFinite(value))
        throw new SlowLaneError('request.invalid', `not a metric: ${JSON.stringify(name)} = ${value}`, {
          hint: 'A name in small letters, digits, ".", "_" and "-", and a number.',
        });
      const [granted, budget] = (await store.run('post-metric', name, value, by, newId('cor'))) as [number, number];
      await pump.goOn(granted, budget);
    },
    close: (reason, by = 'platform') => close('*', 'closed', { by, reason }),
    open: (by) => open('*', by, ['closed']),
  };
}
