/** For tests: faults of the keeper that its own tests must notice. */
export const mutants: readonly {
  name: string;
  file: string;
  search: string;
  replace: string;
  test: { file: string; name: string };
}[] = [
  {
    name: 'token per call',
    file: 'start-run.ts',
    search: 'idempotencyToken: token,',
    replace: 'idempotencyToken: `${Math.random()}${token}`.slice(0, 64),',
    test: { file: 'keeper.test.ts', name: 'starts exactly one run when the reply is lost after the work was done' },
  },
  {
    name: 'token without the part',
    file: 'idempotency-token.ts',
    search: '|${index}|',
    replace: '|',
    test: { file: 'keeper.test.ts', name: 'gets exactly one run per attempt, and each part ends once (seed 1)' },
  },
  {
    name: 'watcher that trusts TERMINATED only',
    file: 'poll-part.ts',
    search: '  if (outcome.ended) {',
    replace: "  if (outcome.ended && run.state?.lifeCycleState === 'TERMINATED') {",
    test: { file: 'keeper.test.ts', name: "tells the driver's error, and keeps the trace in the log" },
  },
  {
    name: 'release before terminal',
    file: 'canceller.ts',
    search: '  await deps.requests.pollAgain(part.id, endingSoonMs);',
    replace:
      "  await deps.requests.release(part.id, { state: 'cancelled', failure: { code: 'run.cancelled' } as never, runMs: 0, log: undefined });",
    test: { file: 'keeper.test.ts', name: 'keeps the slot of a cancelled run until a poll shows its end' },
  },
  {
    name: 'token shared between attempts',
    file: 'idempotency-token.ts',
    search: '|${attempt}`',
    replace: '`',
    test: { file: 'keeper.test.ts', name: 'tries a failed run again in a folder and with a token of its own' },
  },
  {
    name: 'the end of one attempt ends the next',
    file: 'end-attempt.ts',
    search: 'release(part.id, { state: ended, attempt, failure',
    replace: 'release(part.id, { state: ended, failure',
    test: { file: 'keeper.test.ts', name: 'changes nothing of the next attempt when two keepers have seen the end' },
  },
  {
    name: 'skipped runs counted as attempts',
    file: 'end-attempt.ts',
    search: '    uncounted: uncountedOf(part),\n',
    replace: '',
    test: { file: 'keeper.test.ts', name: 'does not count a skipped run as an attempt of the policy' },
  },
  {
    name: 'no sweep by tag',
    file: 'clusters/keep-clusters.ts',
    search: '  await sweepClusters(deps, signal);',
    replace: '',
    test: {
      file: 'clusters/clusters.chaos.test.ts',
      name: 'after it was made twice: the one that came late is ended',
    },
  },
  {
    name: 'gate opened although a workspace did not answer',
    file: 'reality.ts',
    search: 'if (!reality.isComplete || deps.gate === undefined)',
    replace: 'if (deps.gate === undefined)',
    test: { file: 'reality.chaos.test.ts', name: 'opens the gate of a Redis that went back in time' },
  },
];
