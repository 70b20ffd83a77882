import { it } from 'vitest';
import { aroundEach, killAt } from './__fixtures__/kill-nodes.ts';

/** Where a crash hurts most while a cluster is made, used and ended; the long test has all points there are. */
const worst = [
  'book.take:after',
  'book.called:after',
  'clusters.create:before',
  'clusters.create:after',
  'book.move-starting:after',
  'clusters.install:after',
  'book.move-ready:before',
  'runs.submit:after',
  'book.move-ending:after',
  'clusters.terminate:before',
  'clusters.terminate:after',
  'book.forget:before',
];

aroundEach();

it('leaves no cluster without an owner, whatever node was killed where it hurts most', () => killAt(worst), 180_000);
