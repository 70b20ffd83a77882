import { BuildView, isBuildTerminal, SlowLaneError } from '@slowlane/contracts';
import type { Caller } from './call.ts';
import type { FollowOptions } from './create-client.ts';
import { createPatience } from './patience.ts';
import { textOfBody } from './text-of-body.ts';

/** Lines of a build's log until the build has ended, each once: after a break it goes on behind those it gave. */
export async function* followBuildLog(caller: Caller, id: string, options: FollowOptions = {}): AsyncGenerator<string> {
  const patience = createPatience(options);
  const path = `/v1/builds/${encodeURIComponent(id)}`;
  let given = 0;
  for (;;) {
    try {
      const answer = await caller.open(`${path}/log`, { query: { follow: 1, skip: given }, signal: options.signal });
      patience.answered();
      for await (const line of linesOf(textOfBody(answer))) {
        patience.reset();
        given++;
        yield line;
      }
      // A service that is going down ends the stream too.
      const build = await caller.json(BuildView, path, { signal: options.signal });
      if (isBuildTerminal(build.state)) return;
      throw new SlowLaneError('cli.not-running', `the log of ${id} broke off before its end`);
    } catch (error) {
      await patience.wait(error);
    }
  }
}

/** Whole lines only: one that is cut off is read again. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() as string;
    yield* lines;
  }
}
