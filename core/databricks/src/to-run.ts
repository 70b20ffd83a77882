import type { Run } from './run.ts';
import type { WireRun } from './schema.ts';

export function toRun(wire: WireRun): Run {
  const { state, status } = wire;
  const termination = status?.termination_details;
  return {
    runId: wire.run_id,
    jobId: wire.job_id,
    runName: wire.run_name,
    runPageUrl: wire.run_page_url,
    state: state && {
      lifeCycleState: state.life_cycle_state,
      resultState: state.result_state,
      stateMessage: state.state_message,
    },
    status: status && {
      state: status.state,
      termination: termination && { code: termination.code, type: termination.type, message: termination.message },
      queueCode: status.queue_details?.code,
    },
    startTime: wire.start_time,
    endTime: wire.end_time,
    jobParameters: Object.fromEntries(
      wire.job_parameters.map(({ name, value, default: byDefault }) => [name, value ?? byDefault ?? '']),
    ),
    tasks: wire.tasks.map(({ task_key, run_id, cluster_instance }) => ({
      taskKey: task_key,
      runId: run_id,
      ...(cluster_instance?.cluster_id !== undefined && { clusterId: cluster_instance.cluster_id }),
    })),
  };
}
