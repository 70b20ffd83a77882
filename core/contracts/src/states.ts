/** States of a request. Exactly one of the terminal ones is reached, with exactly one `request.*` end event. */
export const requestStates = [
  'accepted',
  'mediating',
  'running',
  'joining',
  'cancelling',
  'succeeded',
  'nothing-to-do',
  'failed',
  'cancelled',
] as const;
export type RequestState = (typeof requestStates)[number];

/**
 * States of a part: parked at the gate; granted a slot; submitting (intent stored, call under way); running on the workspace;
 * cancelling (asked, not yet reported terminal); then one of the terminal ones. The slot is held from granted until terminal.
 */
export const partStates = [
  'parked',
  'granted',
  'submitting',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'timed-out',
  'cancelled',
] as const;
export type PartState = (typeof partStates)[number];

/**
 * States of a build. `built` = published, but the push that asked for it was not completed, so nothing is registered.
 */
export const buildStates = [
  'queued',
  'fetching',
  'detecting',
  'planning',
  'building',
  'inspecting',
  'publishing',
  'published',
  'registering',
  'registered',
  'built',
  'failed',
  'cancelled',
] as const;
export type BuildState = (typeof buildStates)[number];

const requestTerminal: Record<RequestState, boolean> = {
  accepted: false,
  mediating: false,
  running: false,
  joining: false,
  cancelling: false,
  succeeded: true,
  'nothing-to-do': true,
  failed: true,
  cancelled: true,
};
const partTerminal: Record<PartState, boolean> = {
  parked: false,
  granted: false,
  submitting: false,
  running: false,
  cancelling: false,
  succeeded: true,
  failed: true,
  'timed-out': true,
  cancelled: true,
};
const buildTerminal: Record<BuildState, boolean> = {
  queued: false,
  fetching: false,
  detecting: false,
  planning: false,
  building: false,
  inspecting: false,
  publishing: false,
  published: false,
  registering: false,
  registered: true,
  built: true,
  failed: true,
  cancelled: true,
};

export function isRequestTerminal(state: RequestState): boolean {
  return requestTerminal[state];
}
export function isPartTerminal(state: PartState): boolean {
  return partTerminal[state];
}
export function isBuildTerminal(state: BuildState): boolean {
  return buildTerminal[state];
}
