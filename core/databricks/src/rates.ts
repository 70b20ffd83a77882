/** Calls that share one token bucket. */
export type CallFamily =
  | 'jobs'
  | 'run-now'
  | 'runs-get'
  | 'runs-list'
  | 'runs-cancel'
  | 'files'
  | 'workspace'
  | 'identity'
  | 'clusters'
  | 'permissions';

/**
 * Calls per second that we allow ourselves. The vendor publishes none of them in one place and third-party figures differ, so each can be set.
 *
 * @see https://docs.databricks.com/resources/limits.html
 */
export const defaultRates: Record<CallFamily, number> = {
  jobs: 20,
  'run-now': 20,
  'runs-get': 100,
  'runs-list': 30,
  'runs-cancel': 30,
  files: 100,
  workspace: 30,
  identity: 10,
  clusters: 20,
  permissions: 30,
};
