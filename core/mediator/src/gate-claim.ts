import type { GateClaim, PipelineFile, Registration } from '@slowlane/contracts';

/** What one part takes at the gate: 1 of the global dimension, its weight of operation, pool and workspace, and of each shared resource what the file says. */
export function gateClaim(file: PipelineFile, registration: Pick<Registration, 'pool' | 'workspace'>): GateClaim {
  const { weight, priority, resources } = file.operation.gates;
  const dimensions: Record<string, number> = {
    '*': 1,
    [`op:${file.pipeline}`]: weight,
    [`pool:${registration.pool}`]: weight,
    [`ws:${registration.workspace}`]: weight,
  };
  for (const [name, share] of Object.entries(resources)) dimensions[`res:${name}`] = share;
  return { dimensions, priority };
}
