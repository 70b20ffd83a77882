import { EventView, requestEndEvents, SlowLaneError } from '@slowlane/contracts';
import type { Caller } from './call.ts';
import type { FollowOptions } from './create-client.ts';
import { createPatience } from './patience.ts';
import { readSse } from './read-sse.ts';
import { textOfBody } from './text-of-body.ts';

const endTypes = new Set<string>(requestEndEvents);

/** Events of one request until its end event, each once: after a break it goes on behind the last one it gave. */
export async function* followEvents(
  caller: Caller,
  id: string,
  options: FollowOptions & { after?: string | undefined } = {},
): AsyncGenerator<EventView> {
  const patience = createPatience(options);
  const path = `/v1/requests/${encodeURIComponent(id)}/events`;
  let after = options.after;
  for (;;) {
    try {
      const answer = await caller.open(path, { headers: { 'last-event-id': after }, signal: options.signal });
      patience.answered();
      if (answer.status === 204) return;
      for await (const message of readSse(textOfBody(answer))) {
        const event = eventOf(message.data);
        patience.reset();
        after = message.id ?? event.id;
        yield event;
        if (endTypes.has(event.type)) return;
      }
      throw new SlowLaneError('cli.not-running', `the events of ${id} broke off before their end`);
    } catch (error) {
      await patience.wait(error);
    }
  }
}

function eventOf(data: string): EventView {
  const parsed = EventView.safeParse(JSON.parse(data));
  if (parsed.success) return parsed.data;
  throw new SlowLaneError('platform.unexpected', `an event has another form than expected: ${parsed.error.message}`);
}
