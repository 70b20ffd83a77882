import { it } from 'vitest';
import { aroundEach, killAt } from './__fixtures__/kill-nodes.ts';

/** Everything that the work for clusters waits for. */
const calls = [
  ...['lead', 'leases', 'list', 'take', 'get', 'called', 'giveBack', 'forget'].map((call) => `book.${call}`),
  ...['starting', 'ready', 'ending'].map((state) => `book.move-${state}`),
  ...['list', 'create', 'get', 'libraryStatus', 'install', 'terminate'].map((call) => `clusters.${call}`),
  ...['submit', 'get'].map((call) => `runs.${call}`),
];

aroundEach();

it.each(['before', 'after'])(
  'leaves no cluster without an owner, with a kill %s each call',
  (when) => killAt(calls.map((call) => `${call}:${when}`)),
  300_000,
);
