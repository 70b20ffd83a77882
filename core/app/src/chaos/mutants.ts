import type { Mutant } from '@slowlane/testkit';

/**
 * Faults that somebody could write, and the test that must notice each. Those that need more than one edit, or stand in tests, are named in
 * `proven-mutants.ts` where they are. `folder`: the project that is copied and changed; `file` and `test.file` below its `src`.
 */
export const mutants: readonly (Mutant & { folder: string })[] = [
  {
    folder: 'core/queue',
    name: 'idempotency key that is not looked up',
    file: 'lua/accept.lua',
    search: '  if entry[1] then\n',
    replace: '  if false then\n',
    test: {
      file: 'lanes/request-lane.test.ts',
      name: 'returns the first request for the same idempotency key, and refuses the key with another body',
    },
  },
  {
    folder: 'core/queue',
    name: 'parts that are parked as often as a mediator says so',
    file: 'lua/park.lua',
    search: "if record[1] ~= 'mediating' and record[1] ~= 'accepted' then return { 'past' } end\n",
    replace: '',
    test: { file: 'lanes/request-lane.test.ts', name: 'is safe to repeat' },
  },
  {
    folder: 'core/queue',
    name: 'grant that is dispatched once only',
    file: 'lua/reap.lua',
    search: "  trigger('submit', id, 0, true)\n",
    replace: '',
    test: {
      file: 'jobs/work.test.ts',
      name: 'dispatches a granted part again when its owner is gone, in the same slot',
    },
  },
  {
    folder: 'core/queue',
    name: 'bind without a look at the fence',
    file: 'lua/bind.lua',
    search: 'if part[2] ~= ARGV[2] then return 0 end\n',
    replace: '',
    test: {
      file: 'faults/zombie.chaos.test.ts',
      name: 'is refused by the fence when it wakes and wants to bind its run, which the other has bound',
    },
  },
  {
    folder: 'core/queue',
    name: 'intent after the end of the lease',
    file: 'lua/intend.lua',
    search: 'if not part[5] then return 0 end\n',
    replace: '',
    test: {
      file: 'faults/late-intend.chaos.test.ts',
      name: 'is refused, fails nothing, and takes the part up again like anybody else',
    },
  },
  {
    folder: 'core/queue',
    name: 'release that looks at all classes',
    file: 'lua/gate.lua',
    search: '  if #weights == 0 then return nil end\n',
    replace:
      "  if #weights == 0 then return nil end\n  for _, class in ipairs(redis.call('SMEMBERS', key('gate:classes'))) do headOf(class) end\n",
    test: {
      file: 'gate/blocked-classes.test.ts',
      name: 'costs no more commands with 2,400 of them than with 24, and lets the longest waiting part in',
    },
  },
  {
    folder: 'core/queue',
    name: 'build that starts as often as it is told',
    file: 'lua/start-build.lua',
    search: "if redis.call('EXISTS', record) == 1 then return 0 end\n",
    replace: '',
    test: { file: 'lanes/build-lane.test.ts', name: 'starts once per id' },
  },
  {
    folder: 'core/endpoint',
    name: '503 without Retry-After',
    file: 'problem.ts',
    search: '  if (status === 503 || status === 429) return wait;\n',
    replace: '',
    test: {
      file: 'with-queue.test.ts',
      name: 'answers 503 with Retry-After while Redis is dead, keeps what it acknowledged, and goes on by itself',
    },
  },
  {
    folder: 'core/endpoint',
    name: 'accept that fills Redis to the brim',
    file: 'admission.ts',
    search: 'if (most > 0 && used > most * limits.redisMemory)',
    replace: 'if (most < 0 && used > most * limits.redisMemory)',
    test: { file: 'admission.test.ts', name: 'refuses new requests while Redis is nearly full' },
  },
  {
    folder: 'core/endpoint',
    name: 'stream that keeps everything for a client that reads nothing',
    file: 'silent-readers.ts',
    search: 'if (out.writableLength > limits.unreadBytes) cut(out);',
    replace: 'if (out.writableLength < 0) cut(out);',
    test: {
      file: 'event-stream.test.ts',
      name: 'cuts off a client that reads nothing, instead of keeping all for it',
    },
  },
  {
    folder: 'core/queue',
    name: 'replies of Redis that are kept until the end',
    file: 'redis/blocking-pool.ts',
    search: '      underWay.delete(reject);\n',
    replace: '',
    test: { file: 'redis/blocking-pool.test.ts', name: 'keeps nothing of a reply once it was given' },
  },
  {
    folder: 'core/queue',
    name: 'connection to Redis for every reader there once was',
    file: 'redis/blocking-pool.ts',
    search: 'if (idle.length < mostIdle)',
    replace: 'if (idle.length >= 0)',
    test: {
      file: 'redis/blocking-pool.test.ts',
      name: 'gives back the connections of many reads at once, and keeps a few for the next ones',
    },
  },
  {
    folder: 'core/notify',
    name: 'webhook to any address that is written as digits',
    file: 'guarded-lookup.ts',
    search: 'if (isIP(address) !== 0 && !isPublicAddress(address))',
    replace: 'if (isIP(address) < 0 && !isPublicAddress(address))',
    test: {
      file: 'webhook-sender.test.ts',
      name: 'is not sent to an inner address that the operator did not name, however it is written',
    },
  },
  {
    folder: 'core/app',
    name: 'keeper with the clock of its own machine',
    file: 'service/run-lanes.ts',
    search: '    clock: { ...systemClock, now },\n',
    replace: '',
    test: {
      file: 'chaos/clock.chaos.test.ts',
      name: 'ends its idle cluster when it is idle, and not an hour later',
    },
  },
];
