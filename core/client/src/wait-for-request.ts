import { isRequestTerminal, RequestView, SlowLaneError } from '@slowlane/contracts';
import type { Caller } from './call.ts';
import type { FollowOptions } from './create-client.ts';
import { followEvents } from './follow-events.ts';
import { createPatience } from './patience.ts';

/** Resolves with the request once it has ended. */
export async function waitForRequest(caller: Caller, id: string, options: FollowOptions = {}): Promise<RequestView> {
  const patience = createPatience(options);
  let after: string | undefined;
  for (;;) {
    try {
      const request = await caller.json(RequestView, `/v1/requests/${encodeURIComponent(id)}`, {
        signal: options.signal,
      });
      if (isRequestTerminal(request.state)) return request;
      for await (const event of followEvents(caller, id, { ...options, after })) {
        after = event.id;
        patience.reset();
      }
      const ended = await caller.json(RequestView, `/v1/requests/${encodeURIComponent(id)}`, {
        signal: options.signal,
      });
      if (isRequestTerminal(ended.state)) return ended;
      throw new SlowLaneError('cli.not-running', `the events of ${id} ended, but the request has not`);
    } catch (error) {
      await patience.wait(error);
    }
  }
}
