import type { GateClaim, JsonObject, PipelineFile, Registration } from '@slowlane/contracts';

export interface Claimant {
  /** Who sent the request; the tenant where the pipeline names no field for it. */
  principal: string;
  body: JsonObject;
  /** Given by the request itself; stands over both. */
  tenant?: string | undefined;
  priority?: number | undefined;
}

/**
 * What one part takes at the gate: 1 of the global dimension and of the tasks and hourly runs that the workspace allows, its weight of
 * operation, pool, workspace and tenant, and of each shared resource what the file says.
 */
export function gateClaim(
  file: PipelineFile,
  registration: Pick<Registration, 'pool' | 'workspace'>,
  claimant?: Claimant,
): GateClaim {
  const { weight, priority, resources } = file.operation.gates;
  const dimensions: Record<string, number> = {
    '*': 1,
    [`op:${file.pipeline}`]: weight,
    [`pool:${registration.pool}`]: weight,
    [`ws:${registration.workspace}`]: weight,
  };
  for (const [name, share] of Object.entries(resources)) dimensions[`res:${name}`] = share;
  if (claimant === undefined) return { dimensions, priority };
  dimensions[`quota:${registration.workspace}:tasks`] = 1;
  dimensions[`quota:${registration.workspace}:runs-per-hour`] = 1;
  dimensions[`tn:${tenantOf(file, claimant)}`] = weight;
  return { dimensions, priority: claimant.priority ?? priority };
}

/** Tenant of a request, in the form of a dimension's name. */
export function tenantOf(file: PipelineFile, { principal, body, tenant }: Claimant): string {
  const { tenant: field } = file.operation.gates;
  const named = field === undefined ? undefined : body[field];
  const text = tenant ?? (typeof named === 'string' || typeof named === 'number' ? String(named) : principal);
  return tenantName(text);
}

/** Two texts that differ only in what a name cannot hold stay two tenants: a short checksum of the text is put behind. */
export function tenantName(text: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/.test(text)) return text;
  const plain = text
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${plain === '' ? 'tenant' : plain}-${checksum(text)}`;
}

/** FNV-1a, 64 bits: no secret and no signature, only to keep names apart. */
function checksum(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}
