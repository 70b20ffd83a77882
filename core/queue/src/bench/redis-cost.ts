import { rawConnector } from './raw-connector.ts';

export interface RedisCost {
  /** Processor time of Redis itself, ms. */
  cpuMs: number;
  /** Scripts that it ran. */
  scripts: number;
}

/** What `work` costs the Redis at this address, in whatever process it is asked for. */
export async function redisCostOf(url: string, work: () => Promise<unknown>): Promise<RedisCost> {
  const redis = rawConnector(url)();
  const read = async (): Promise<RedisCost> => {
    const [cpu, stats] = await Promise.all([redis.info('cpu'), redis.info('commandstats')]);
    const seconds = figureIn(cpu, 'used_cpu_sys:') + figureIn(cpu, 'used_cpu_user:');
    return { cpuMs: seconds * 1_000, scripts: figureIn(stats, 'cmdstat_evalsha:calls=') };
  };
  try {
    const before = await read();
    await work();
    const after = await read();
    return { cpuMs: after.cpuMs - before.cpuMs, scripts: after.scripts - before.scripts };
  } finally {
    redis.disconnect();
  }
}

function figureIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
}
