import { z } from 'zod';

/** `ended.json` of a supervisor. */
export const EndRecord = z.object({
  reason: z.enum(['exit', 'signal', 'timeout', 'idle', 'oom', 'pids', 'disk', 'output', 'cancelled', 'driver-lost']),
  code: z.number().nullable(),
  signal: z.string().nullable(),
  startedAt: z.number(),
  endedAt: z.number(),
  usage: z.object({
    wallMs: z.number(),
    cpuMs: z.number(),
    maxMemoryBytes: z.number(),
    oomKills: z.number(),
    pidsHits: z.number(),
    bytesOut: z.number(),
  }),
});

/** What `runner.py` leaves when wheels cannot be installed; written by the program's own uid, so trusted for a text alone. */
export const RunnerFailure = z.object({ message: z.string().transform((text) => text.slice(0, 2_000)) });
