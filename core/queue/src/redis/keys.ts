/**
 * All keys of one system lie below one prefix with a hash tag, `{sl}`, so that every script works on one slot:
 *
 * log                 STREAM  events: t type, c correlation id, s subject (JSON), d data (JSON); trimmed by the archiver only
 * archived            STRING  ms up to which the archive reaches
 * outbox              STREAM  triggers: kind, id, delay, alone; group `dispatch`; an entry is deleted when its queue job is made
 * triggers            HASH    `<kind>:<id>` -> outbox id of its last trigger, or of the first in its batch (the nonce in the names of its queue jobs)
 * open                ZSET    `<kind>:<id>`; score = ms of trigger or last doubt
 * retriggers          HASH    `<kind>:<id>` -> how often the sweeper made it again
 * ends                CHANNEL `build:<id>`, `req:<id>`: processors at work on it should stop
 * ended               ZSET    `req:<id>`, `build:<id>`; score = ended at ms
 * req:<id>            HASH    doc (JSON), corr, pipeline, state, acceptedAt, endedAt, total, ended, mediated, resultPath, result, failure, cancelBy, endEvent,
 *                             needed, lost, coalesce, cost, staged (parts stored of a large split), entered (of those, how many came to the gate),
 *                             walk (cancel, deadline or retry, while it goes over the parts), walked (parts it has come to), walkFailure, walkHint,
 *                             again (first part that an interrupted retry has not taken up)
 * walks               ZSET    requests with such a walk; score = ms from which anybody may go on with it
 * part:<id>           HASH    request, index, key, doc, state, attempt, class, corr, pipeline, token, fence, node, submitter, runId, runPageUrl,
 *                             parkedAt, grantedAt, submittedAt, endedAt, runMs, failure, waitsFor, waiting, cancel, log, faults, headStart, later, notBefore,
 *                             deadline, price, estimate, cost, booked, priorMs, progress (JSON, with its attempt),
 *                             news (JSON of part.parked, until it is told)
 * version             STRING  of these forms; scripts of another version refuse
 * coalesce:<sha256>   STRING  request in flight that equal ones share; of operation and key
 * idem:<sha256>       HASH    request, fingerprint; of principal and Idempotency-Key; 24 h
 * build:<id>          HASH    doc (JSON), corr, subject, state, createdAt, endedAt, failure, pushOutcome, found:<name> (JSON), logLines, logBytes, logFull
 * builds              ZSET    build ids; score = created at ms
 * confirms            ZSET    builds whose push has ended and which have not
 * build-log:<id>      STREAM  line | mark (a state worth waking followers for)
 * gate:limit          HASH    dimension -> limit that stands; none = unlimited; 0 while the dimension is closed
 * gate:declared       HASH    dimension -> limit of files and configuration
 * gate:by-hand        HASH    dimension -> { by, reason }; gate:by-hand-limit, gate:by-hand-at the same for limit and time
 * gate:remembers      STRING  set once this Redis has known of limits by hand
 * gate:rule           HASH    dimension -> windows, blackout, metric, over (JSON), as declared
 * gate:open-until     HASH    dimension -> ms at which its window ends: 0 from then on, also when nobody says so
 * gate:closed:<dim>   HASH    cause -> { by, reason, at, until? }; gate:closed-dimensions SET of the dimensions that have one
 * gate:metric-dimensions:<name>  SET  dimensions whose rule names the metric
 * gate:changes        ZSET    what changes by itself; score = ms; names in lua/changes.lua
 * gate:clock          CHANNEL the new first time of gate:changes
 * gate:use            HASH    dimension -> weight in use
 * gate:taken          HASH    dimension -> taken by others than our parts: foreign runs, money spent, calls of the last hour
 * gate:foreign:<ws>   HASH    dimension -> places of it that runs of others take
 * gate:rate:<dim>     HASH    sixtieth of the quota's time -> places granted in it
 * gate:month          STRING  month that the budgets count, `2026-11`
 * gate:ran:<op>       LIST    run times of the operation in ms, newest first, at most 128 (the newest 64 count)
 * gate:waiting        HASH    dimension -> parked parts that claim it
 * gate:arrival        STRING  last arrival, microseconds
 * gate:wait:<class>   ZSET    parked part ids; score = arrival minus head start, microseconds
 * gate:classes        SET     classes in which parts wait
 * gate:turns          HASH    tenant -> turns taken; gate:turn STRING where the others are
 * gate:heads          LINE    classes whose first part may fit; score = that of the first part
 * gate:blocked:<dim>:<weight>  LINE  classes of that weight whose first part found no room in the dimension
 *                     (a LINE: ZSET of tenants by turn and score, and `<line>:<tenant>` ZSET of classes by score; lua/turns.lua)
 * gate:weights:<dim>  SET     weights that have such a line
 * gate:blocked-by     HASH    class -> dimension
 * gate:held           HASH    dimension -> class that waited past its patience: no lighter one overtakes it there
 * gate:dirty          SET     dimensions that may have room again
 * gate:holding        ZSET    parts that hold a slot; score = granted at ms
 * gate:lease          ZSET    parts that hold a slot and no run; score = end of the lease
 * gate:watch          ZSET    parts with a run; score = next poll
 * gate:cancels        ZSET    parts whose run must be cancelled; score = next try
 * clusters            ZSET    clusters of ours; score = created at ms
 * cluster:<id>        HASH    doc (JSON), pool, workspace, digest, state, clusterId, createdAt, calledAt, readyAt, idleSince, leaseEndsAt, reason, failed
 * cluster-parts:<id>  SET     parts with a lease on it
 * cluster-leases      HASH    part -> `<attempt> <cluster>`
 * cluster-failures    HASH    pool -> clusters that did not start
 * cluster-leader      STRING  node that acts on clusters; expires
 * bull:…              BullMQ's own keys
 */
export interface Keys {
  /** KEYS[1] of every script. */
  root: string;
  of(name: string): string;
  /** Prefix of BullMQ's keys, in the same slot. */
  bull: string;
}

export function keysOf(prefix: string): Keys {
  const root = `{${prefix}}`;
  return { root, of: (name) => `${root}:${name}`, bull: `${root}:bull` };
}
