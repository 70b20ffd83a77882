import { SlowLaneError } from '@slowlane/contracts';
import { type Call, nameOf } from './call.ts';

/** Where the list goes on, or nothing at its end. A token that is given twice in a row would never come to an end: `workspace.rejected`. */
export function nextToken(
  given: string | undefined,
  last: string | undefined,
  call: Pick<Call, 'method' | 'path'>,
): string | undefined {
  if (given === undefined || given === '') return undefined;
  if (given !== last) return given;
  throw new SlowLaneError('workspace.rejected', `${nameOf(call)}: the page token "${given.slice(0, 80)}" came again`, {
    hint: 'The workspace does not go on with its list; tell whoever runs it.',
    data: { call: nameOf(call) },
  });
}
