import type { PartState, WaitView } from '@slowlane/contracts';

/**
 * Whether a part that has its slot is held back from its run: by the warm clusters of its pool (`cluster:<pool>`), or by the interface of the
 * workspace (`api:<workspace>`: its request limits, an outage, the circuit breaker).
 */
export function isHeldBack(state: PartState, dimension: WaitView['dimension']): boolean {
  if (dimension === undefined) return false;
  if (state === 'granted') return dimension.startsWith('cluster:') || dimension.startsWith('api:');
  return state === 'submitting' && dimension.startsWith('api:');
}
