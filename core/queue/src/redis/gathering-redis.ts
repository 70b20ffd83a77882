import { type Command, Redis } from 'ioredis';

/**
 * A connection that sends all commands of one turn of the event loop in one write. Replies come in bursts, and each lets somebody go on with a
 * command of its own: written one by one, every one of them costs both sides a system call, and Redis a sync of its file.
 */
export class GatheringRedis extends Redis {
  #held: Redis['stream'] | undefined;

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    this.#hold();
    return super.sendCommand(command, stream);
  }

  #hold(): void {
    const { stream } = this;
    // A connection that came anew has a socket of its own.
    if (stream === undefined || stream === this.#held) return;
    this.#held = stream;
    stream.cork();
    process.nextTick(() => {
      if (this.#held === stream) this.#held = undefined;
      stream.uncork();
    });
  }
}
