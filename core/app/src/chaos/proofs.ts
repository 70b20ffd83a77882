import type { Proof, ProvingTest } from './proof.ts';

const chaos = 'core/app/src/chaos';
const keeperTest = 'core/keeper/src/keeper.test.ts';
const matrix: ProvingTest = by(
  `${chaos}/chaos.chaos.test.ts`,
  'keeps every promise of the request lane while nodes, Redis and the workspace are killed at its await points',
  "expect(report.missing, 'faults that did not fire').toEqual([])",
);
const wholeMatrix: ProvingTest = by(
  `${chaos}/chaos.full.test.ts`,
  'break no promise, in six minutes',
  "expect(skipped, 'cells in which nothing fired').toBe(0)",
);
const crash: ProvingTest = by(
  'core/queue/src/faults/crash.chaos.test.ts',
  'lose no request, run no part twice, pass no limit and leak no slot, a kill of Redis included',
  "expect(kills, 'every fault fired')",
);

/** The 24 faults of the reference, in its order: number 1 first. */
export const proofs: readonly Proof[] = [
  {
    fault: 'endpoint killed before and after the reply of Redis, before its own',
    holds: 'every 202 is in the ledger; the same key leads to the same request',
    tests: [by(`${chaos}/edge.chaos.test.ts`, '%s: the same key leads to one request', "'the kill fired'"), matrix],
    mutants: ['idempotency key that is not looked up'],
  },
  {
    fault: 'mediator killed in each step',
    holds: "each step's output once",
    tests: [
      by(
        'core/mediator/src/kill.chaos.test.ts',
        '%s leaves the output of each step once',
        "toMatchObject({ signal: 'SIGKILL' })",
      ),
    ],
    mutants: ['parts that are parked as often as a mediator says so'],
  },
  {
    fault: 'killed between grant and dispatch',
    holds: 'dispatched again, in the same slot',
    tests: [
      by(
        'core/queue/src/jobs/work.test.ts',
        'dispatches a granted part again when its owner is gone, in the same slot',
        'expect(claims).toBe(4)',
      ),
      matrix,
    ],
    mutants: ['grant that is dispatched once only', 'slot freed by the end of a lease'],
  },
  {
    fault: 'killed between run-now and its answer; answer lost; answer late',
    holds: 'one run per (request, part, attempt)',
    tests: [
      by(keeperTest, 'starts exactly one run when %s', "['the reply is lost after the work was done', ['lost']]"),
      by(
        `${chaos}/submissions.full.test.ts`,
        'starts no run twice when nodes die between the call to the workspace and the note of its answer',
        'expect(report.missing).toEqual([])',
      ),
      matrix,
    ],
    mutants: ['token per call', 'token without the part', 'token shared between attempts'],
  },
  {
    fault: 'killed between run id and bind',
    holds: 'the same run is bound',
    tests: [
      crash,
      by(
        keeperTest,
        'binds the same run after a crash between the call and the bind',
        "rejects.toMatchObject({ code: 'queue.unavailable' })",
      ),
    ],
    mutants: ['token per call'],
  },
  {
    fault: 'watcher killed after it saw the end',
    holds: 'one result, one release',
    tests: [crash, wholeMatrix],
    mutants: ['gate that lets a part be released twice', 'release before terminal'],
  },
  {
    fault: 'a node frozen (SIGSTOP) and awake again',
    holds: 'its bind is refused by the fence',
    tests: [
      by(
        'core/queue/src/faults/zombie.chaos.test.ts',
        'is refused by the fence when it wakes and wants to bind its run, which the other has bound',
        "expect(stillFrozen, 'the fault fired, and lasted').toBe(true)",
      ),
      by(
        'core/queue/src/faults/zombie.full.test.ts',
        'is refused by the fence when it wakes and wants to bind its run, which the other has bound',
        "expect(stillFrozen, 'the fault fired, and lasted').toBe(true)",
      ),
    ],
    mutants: ['bind without a look at the fence'],
  },
  {
    fault: 'Redis killed a hundred times',
    holds: 'nothing acknowledged is lost',
    tests: [
      by(
        'core/queue/src/faults/redis-kills.chaos.test.ts',
        'has lost nothing that was acknowledged',
        "expect(outcome.refused, 'the kills were felt')",
      ),
      by(
        'core/queue/src/faults/redis-kills.full.test.ts',
        'has lost nothing that was acknowledged',
        "expect(outcome.refused, 'the kills were felt')",
      ),
    ],
    mutants: ['Redis without its log'],
  },
  {
    fault: 'power cut',
    holds: 'always: nothing lost; everysec: found out, and the gate closed',
    tests: [
      by(
        'core/ledger/src/power-cut.chaos.test.ts',
        'takes no acknowledged request where Redis writes each change to disk first',
        'expect(outcome.acknowledged).toBeGreaterThanOrEqual(208)',
      ),
      by(
        'core/ledger/src/power-cut.chaos.test.ts',
        'takes some where Redis writes once a second: the start warns of that, and finds Redis older than the archive',
        'expect(outcome.lost).toBeGreaterThan(0)',
      ),
      by('core/ledger/src/power-cut.full.test.ts', 'a power cut after %i requests takes no acknowledged one'),
    ],
    mutants: ['Redis that writes once a second'],
  },
  {
    fault: 'Redis restored from an old copy',
    holds: 'reconciled before the gate opens: no second run, never over a limit',
    tests: [
      by(
        'core/keeper/src/reality.chaos.test.ts',
        'opens the gate of a Redis that went back in time only when the workspaces were compared: no second run, never above the limit',
        'expect(await queue.gate.closeIfOlderThan(archived)).toBe(true)',
      ),
    ],
    mutants: ['gate opened although a workspace did not answer'],
  },
  {
    fault: 'Redis away for a minute',
    holds: '503 with Retry-After, nothing acknowledged, back within seconds',
    tests: [
      by(
        `${chaos}/edge.chaos.test.ts`,
        'is told as 503 with Retry-After, nothing is acknowledged meanwhile, and all goes on within seconds of its return',
        'expect(new Set(answers)).toEqual(new Set([503]))',
      ),
      by(
        `${chaos}/redis-away.full.test.ts`,
        'is told as 503 with Retry-After, nothing is acknowledged meanwhile, and all goes on within seconds of its return',
        'expect(new Set(statuses)).toEqual(new Set([503]))',
      ),
    ],
    mutants: ['503 without Retry-After'],
  },
  {
    fault: 'Redis full',
    holds: 'accept refuses early, running work goes on',
    tests: [
      by(
        `${chaos}/edge.chaos.test.ts`,
        'lets what was accepted run to its end, and takes nothing new until there is room',
        "toBe('503 request.overload')",
      ),
    ],
    mutants: ['accept that fills Redis to the brim'],
  },
  {
    fault: 'random park, release, limit, weight, priority, cancel, window, tenant, deadline',
    holds: 'counters right, never over, order kept, no lost wake-up, every request ends',
    tests: [
      by(
        'core/queue/src/gate/gate.property.test.ts',
        'counts right, never passes a limit, keeps order, loses no wake-up, and ends everything',
        'asyncProperty',
      ),
      by(
        'core/queue/src/gate/gate.property.full.test.ts',
        'holds its promises over thousands of sequences',
        'numRuns: 3_000',
      ),
    ],
    mutants: [
      'gate that forgets to mark a dimension as free',
      'gate that is last in, first out',
      'gate that does not look at its windows',
      'gate that forgets a quota when its run ends',
      'gate that lets a part start before its time',
    ],
  },
  {
    fault: 'limit lowered, raised, 0',
    holds: 'no new grant above it; a raise grants in its own step',
    tests: [
      by(
        'core/queue/src/gate/gate.test.ts',
        'grants in the same step when a limit is raised, and nothing new when one is lowered below its use',
      ),
      by(
        'core/queue/src/gate/gate-times.test.ts',
        'grants in the step that raises a limit: the event of the grant follows that of the limit',
      ),
    ],
    mutants: ['gate that forgets to mark a dimension as free'],
  },
  {
    fault: 'workspace: 429, 500, timeout, run deleted or skipped, cluster ended',
    holds: 'one defined end each, the slot freed once',
    tests: [
      by(keeperTest, 'waits as long as a 429 says and keeps slot, attempt and token', 'delayMs: 17_000'),
      by(
        keeperTest,
        'ends a run that was deleted on the workspace, with an outcome that nobody knows',
        "'poll failed, the run is still watched'",
      ),
      by(
        keeperTest,
        'gives a skipped run another attempt in the same slot, also without retries',
        'expect(lane.submits).toHaveLength(1)',
      ),
      by(
        'core/keeper/src/keeper-with-queue.chaos.test.ts',
        'takes parts through the real gate two at a time, through faults, to one run per attempt',
        'expect(faults).toEqual([])',
      ),
      by(
        'core/app/src/clusters/clusters.chaos.test.ts',
        'leaves no cluster without an owner, whatever node was killed where it hurts most',
      ),
    ],
    mutants: ['watcher that trusts TERMINATED only', 'skipped runs counted as attempts', 'no sweep by tag'],
  },
  {
    fault: 'clocks of nodes an hour ahead and behind',
    holds: 'no effect: the time is that of Redis',
    tests: [
      by(
        `${chaos}/clock.chaos.test.ts`,
        'ends its idle cluster when it is idle, and not an hour later',
        'startWith([-hour])',
      ),
      by(
        `${chaos}/clock.chaos.test.ts`,
        'take a deadline in half an hour for one that has not passed, and one in seconds for one that soon has',
        'startWith([hour, -hour])',
      ),
      by(
        `${chaos}/clock.full.test.ts`,
        'break no promise while they are killed and take over from each other',
        "expect(report.missing, 'faults that did not fire').toEqual([])",
      ),
    ],
    mutants: ['keeper with the clock of its own machine'],
  },
  {
    fault: 'event loop blocked for longer than every lock and lease',
    holds: 'no double effect',
    tests: [
      matrix,
      wholeMatrix,
      by(
        'core/queue/src/faults/late-intend.chaos.test.ts',
        'is refused, fails nothing, and takes the part up again like anybody else',
        "expect(stillFrozen, 'the fault fired, and lasted').toBe(true)",
      ),
    ],
    mutants: ['bind without a look at the fence', 'intent after the end of the lease'],
  },
  {
    fault: '100,000 parked, 2,400 classes blocked on one pool',
    holds: 'a release costs no more for them',
    tests: [
      by(
        'core/queue/src/gate/blocked-classes.test.ts',
        'costs no more commands with 2,400 of them than with 24, and lets the longest waiting part in',
        'expect(few.mostCommands).toBeGreaterThan(0)',
      ),
      by(
        'core/queue/src/gate/blocked-classes.full.test.ts',
        'costs no more commands than with 24 classes, and passes nobody over',
        'waiting: 2_400 * 42 - rounds - 1',
      ),
    ],
    mutants: ['release that looks at all classes'],
  },
  {
    fault: 'archiver killed at each step; disk full',
    holds: 'ledger = stream, no gap, nothing double; refused before anything is trimmed',
    tests: [
      by(
        'core/ledger/src/archiver-mutants.chaos.test.ts',
        'archiver with $name, killed after "$step": each event once is $keepsEachOnce',
        "toMatchObject({ signal: 'SIGKILL' })",
      ),
      by(
        'core/ledger/src/disk-full.test.ts',
        'while the disk is full nothing is trimmed, new requests are refused once the stream is long, and all is archived when there is room',
        "toBe('queue.full')",
      ),
    ],
    mutants: ['archiver cursor before the transaction', 'archiver cursor after the transaction'],
  },
  {
    fault: 'SSE client gone, slow, back with Last-Event-ID',
    holds: 'memory does not grow; no event is missed',
    tests: [
      by(
        `${chaos}/edge.chaos.test.ts`,
        'is cut off by the death of its node, comes back to another with Last-Event-ID, and misses nothing',
        'await expect(readUntil(first, () => false)).rejects.toThrow()',
      ),
      by(
        'core/endpoint/src/event-stream.test.ts',
        'cuts off a client that reads nothing, instead of keeping all for it',
        'expect(sent).toBeLessThan(50)',
      ),
      by(
        'core/app/src/service/silent-followers.chaos.test.ts',
        'hundreds of followers that stand still or are lost cost no more than the bound, hold up nobody and are cut off in time',
        "expect(most.unread, 'bytes that nobody took')",
      ),
    ],
    mutants: ['stream that keeps everything for a client that reads nothing'],
  },
  {
    fault: 'webhook target down, slow, 500, redirect inside',
    holds: 'bounded retries; addresses inside refused',
    tests: [
      by(
        'core/app/src/service/deliveries.test.ts',
        'to a target that is down are tried a bounded number of times over restarts, then dead, then sent again by hand',
        'expect(calls).toHaveLength(12)',
      ),
      by(
        'core/app/src/service/deliveries.test.ts',
        'follow no redirect to the address of the cloud’s metadata, and say so',
        "toMatchObject({ state: 'pending', status: 302 })",
      ),
      by(
        'core/notify/src/webhook-sender.test.ts',
        'is not sent to an inner address that the operator did not name, however it is written',
        'expect(calls).toEqual([])',
      ),
    ],
    mutants: ['webhook to any address that is written as digits'],
  },
  {
    fault: 'two releases at once',
    holds: 'the same promises',
    tests: [
      by(
        'core/queue/src/faults/upgrade.chaos.test.ts',
        'keep every promise together while both kinds are killed in the middle of submissions',
        "expect(kills, 'every fault fired')",
      ),
    ],
    mutants: ['slot freed by one of two releases'],
  },
  {
    fault: 'git push twice, push during a build, build killed',
    holds: 'one publish per commit, the job registered once',
    tests: [
      by(
        'core/remote/src/push.test.ts',
        'lets two people push to one repository at once: one wins, the other is told, and its build is not registered',
        "toEqual(['aborted', 'completed'])",
      ),
      by(
        'core/app/src/e2e/crash.e2e.test.ts',
        'of the service: the build goes on to its end and registers nothing; the same push again registers without a sandbox',
        "await kill('service')",
      ),
      by(
        'core/app/src/e2e/killed-sandbox.full.test.ts',
        'is refused with the reason, registers nothing, and the same push again is built and registered once',
        "expect(killed, 'the sandbox was killed')",
      ),
    ],
    mutants: ['build that starts as often as it is told'],
  },
  {
    fault: 'soak with a random mix',
    holds: 'memory flat; nothing in use at the end',
    tests: [wholeMatrix],
    mutants: ['gate that forgets to mark a dimension as free', 'slot freed by the end of a lease'],
  },
];

/** `fired`: empty where the fault is made by the test itself, call by call. */
function by(file: string, name: string, fired = ''): ProvingTest {
  return { file, name, fired };
}
