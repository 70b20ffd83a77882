import Docker from 'dockerode';
import { SlowLaneError } from '@slowlane/contracts';

export type EngineKind = 'docker' | 'podman';

/** A container engine on this machine: both speak the Docker API. Whoever may open its socket is root. */
export interface Engine {
  kind: EngineKind;
  socketPath: string;
}

export function connectEngine({ socketPath }: Engine): Docker {
  return new Docker({ socketPath });
}

/** Throws `sandbox.failed` when the engine does not answer. */
export async function engineVersion(engine: Engine): Promise<string> {
  try {
    return (await connectEngine(engine).version()).Version;
  } catch (cause) {
    throw engineLost(engine, cause);
  }
}

export function engineLost(engine: Engine, cause: unknown): SlowLaneError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new SlowLaneError('sandbox.failed', `the ${engine.kind} engine at ${engine.socketPath} failed: ${said}`, {
    cause,
    hint: `Start the engine, or name its socket in slowlane.yaml: sandbox: { driver: ${engine.kind}, socket: … }.`,
  });
}
