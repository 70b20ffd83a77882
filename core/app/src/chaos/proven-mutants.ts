/** Where a mutant stands, and the file whose run shows that it is noticed. */
export interface ProvenMutant {
  name: string;
  /** How the file names it, where that differs. */
  text?: string;
  file: string;
  shownBy: string;
  /** One of those that issue 5 asks for by name. */
  isAskedFor?: true;
}

const chaos = 'core/app/src/chaos';
const keeper = { file: 'core/keeper/src/mutants.ts', shownBy: 'core/keeper/src/mutants.full.test.ts' };
const listed = { file: `${chaos}/mutants.ts`, shownBy: `${chaos}/mutants.full.test.ts` };
const property = {
  file: 'core/queue/src/gate/gate.property.test.ts',
  shownBy: 'core/queue/src/gate/gate.property.test.ts',
};
const archiver = {
  file: 'core/ledger/src/archiver-mutants.chaos.test.ts',
  shownBy: 'core/ledger/src/archiver-mutants.chaos.test.ts',
};

/** Every mutant that a test of `proofs.ts` must notice. */
export const provenMutants: readonly ProvenMutant[] = [
  {
    name: 'slot freed by the end of a lease',
    text: 'would pass a limit if the end of a lease freed the slot',
    file: 'core/queue/src/faults/crash.chaos.test.ts',
    shownBy: 'core/queue/src/faults/crash.chaos.test.ts',
    isAskedFor: true,
  },
  { name: 'token per call', ...keeper, isAskedFor: true },
  { name: 'token without the part', ...keeper, isAskedFor: true },
  { name: 'watcher that trusts TERMINATED only', ...keeper, isAskedFor: true },
  { name: 'release before terminal', ...keeper, isAskedFor: true },
  {
    name: 'archiver cursor before the transaction',
    text: 'cursor moved before the transaction',
    ...archiver,
    isAskedFor: true,
  },
  {
    name: 'archiver cursor after the transaction',
    text: 'cursor moved after the transaction',
    ...archiver,
    isAskedFor: true,
  },
  { name: 'token shared between attempts', ...keeper, isAskedFor: true },
  {
    name: 'token per call, in the whole lane',
    text: 'would show a token for each call as double runs',
    file: `${chaos}/chaos.full.test.ts`,
    shownBy: `${chaos}/chaos.full.test.ts`,
    isAskedFor: true,
  },
  { name: 'skipped runs counted as attempts', ...keeper },
  { name: 'no sweep by tag', ...keeper },
  { name: 'gate opened although a workspace did not answer', ...keeper },
  ...[
    'forgets to mark a dimension as free',
    'lets a part be released twice',
    'is last in, first out',
    'does not look at its windows',
    'forgets a quota when its run ends',
    'lets a part start before its time',
  ].map((text) => ({ name: `gate that ${text}`, text, ...property })),
  {
    name: 'slot freed by one of two releases',
    text: 'would pass a limit if one of the two freed a slot at the end of a lease',
    file: 'core/queue/src/faults/upgrade.chaos.test.ts',
    shownBy: 'core/queue/src/faults/upgrade.chaos.test.ts',
  },
  {
    name: 'Redis without its log',
    text: 'would lose some without its log',
    file: 'core/queue/src/faults/redis-kills.chaos.test.ts',
    shownBy: 'core/queue/src/faults/redis-kills.chaos.test.ts',
  },
  {
    name: 'Redis that writes once a second',
    text: 'takes some where Redis writes once a second: the start warns of that, and finds Redis older than the archive',
    file: 'core/ledger/src/power-cut.chaos.test.ts',
    shownBy: 'core/ledger/src/power-cut.chaos.test.ts',
  },
  ...[
    'idempotency key that is not looked up',
    'parts that are parked as often as a mediator says so',
    'grant that is dispatched once only',
    'bind without a look at the fence',
    'intent after the end of the lease',
    'release that looks at all classes',
    'build that starts as often as it is told',
    '503 without Retry-After',
    'accept that fills Redis to the brim',
    'stream that keeps everything for a client that reads nothing',
    'replies of Redis that are kept until the end',
    'connection to Redis for every reader there once was',
    'webhook to any address that is written as digits',
    'keeper with the clock of its own machine',
  ].map((name) => ({ name, ...listed })),
];
