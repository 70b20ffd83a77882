/**
 * Keys of the Jobs API that `job.databricks` may not set, with where the same is said instead. Through each of them a job could pass by the
 * gate, the keeper or the policy: start runs itself, queue or retry them, use other compute or another identity.
 */
export const ownedSettings: Readonly<Record<string, string>> = {
  name: 'the name of the pipeline',
  tags: 'job.tags',
  parameters: 'the operation',
  tasks: 'job.main',
  job_clusters: 'job.compute',
  environments: 'job.compute',
  git_source: 'source',
  run_as: 'job.run_as',
  timeout_seconds: 'job.timeout',
  max_retries: 'job.retries',
  retry_on_timeout: 'job.retries',
  max_concurrent_runs: 'operation.gates.concurrency',
  queue: 'operation.gates',
  schedule: 'nothing: clients send requests',
  continuous: 'nothing: clients send requests',
  trigger: 'nothing: clients send requests',
};
