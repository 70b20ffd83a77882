import { SlowLaneError } from '@slowlane/contracts';

/** Pieces of a body as text. A connection that breaks in the middle is `cli.not-running`, like one that was refused. */
export async function* textOfBody(answer: Response): AsyncGenerator<string> {
  if (answer.body === null) return;
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(broken);
      if (done) break;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    // Without this the connection of a reader that stopped early stays open.
    await reader.cancel().catch(() => undefined);
  }
}

function broken(error: unknown): never {
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) throw error;
  throw new SlowLaneError('cli.not-running', `the connection broke: ${String(error)}`, { cause: error });
}
