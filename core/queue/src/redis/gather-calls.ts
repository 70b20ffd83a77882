export interface GatheredCalls<Name, Argument> {
  run(name: Name, args: readonly Argument[]): Promise<unknown>;
}

interface Waiting<Argument> {
  args: readonly Argument[];
  resolve: (reply: unknown) => void;
  reject: (thrown: unknown) => void;
}

/** Of one gathered call: what follows it waits for all of it, and sixteen short scripts are about two milliseconds. */
const MOST_TOGETHER = 16;

/**
 * Calls of one script that come in one turn of the event loop go out as one. Queue jobs carry many subjects and replies come in bursts, so
 * the same step of many requests is often due at once; each call of its own costs both sides more than the step itself.
 *
 * `send` answers with one reply per call, in their order; a reply that is an `Error` is of that call alone. What it throws is of all of them.
 */
export function gatherCalls<Name, Argument>(
  send: (name: Name, calls: readonly (readonly Argument[])[]) => Promise<readonly unknown[]>,
): GatheredCalls<Name, Argument> {
  const waiting = new Map<Name, Waiting<Argument>[]>();

  function flush(name: Name): void {
    const calls = waiting.get(name) ?? [];
    waiting.delete(name);
    for (let at = 0; at < calls.length; at += MOST_TOGETHER) void sendAll(name, calls.slice(at, at + MOST_TOGETHER));
  }

  async function sendAll(name: Name, calls: readonly Waiting<Argument>[]): Promise<void> {
    try {
      const replies = await send(
        name,
        calls.map(({ args }) => args),
      );
      for (const [index, { resolve, reject }] of calls.entries()) {
        const reply = replies[index];
        if (reply instanceof Error) reject(reply);
        else resolve(reply);
      }
    } catch (thrown) {
      for (const { reject } of calls) reject(thrown);
    }
  }

  return {
    run: (name, args) =>
      new Promise((resolve, reject) => {
        const calls = waiting.get(name);
        if (calls !== undefined) return void calls.push({ args, resolve, reject });
        waiting.set(name, [{ args, resolve, reject }]);
        // After all that this turn's replies have set going.
        process.nextTick(flush, name);
      }),
  };
}
