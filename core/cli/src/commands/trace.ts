import type { EventView } from '@slowlane/contracts';
import { defineCommand } from '../command.ts';
import { renderEvent } from '../render-event.ts';

export const trace = defineCommand({
  name: 'trace',
  summary: 'the whole story of any id: commit, push, build, artifact, job, request, part, run, delivery, trace',
  args: [
    {
      form: '<id>',
      help: 'a commit, a traceparent, an artifact digest, or the id of a push, build, job, request, part, run or delivery',
    },
  ],
  run: (input, { client }) => client().trace(input.args[0] as string),
  render: ({ events }, style) => events.filter(hasNews).map((event) => renderEvent(event, style)),
});

/** A stage that only says that it has begun is left out for people: what it found comes with the next one. */
function hasNews(event: EventView): boolean {
  return event.type !== 'build.stage' || Object.keys((event.data['found'] ?? {}) as object).length > 0;
}
