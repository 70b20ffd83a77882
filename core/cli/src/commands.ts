import type { Command, CommandInput } from './command.ts';
import * as automation from './commands/automation.ts';
import * as backup from './commands/backup.ts';
import * as build from './commands/build.ts';
import * as buildProof from './commands/build-proof.ts';
import * as cluster from './commands/cluster.ts';
import * as gate from './commands/gate.ts';
import * as gateLimits from './commands/gate-limits.ts';
import * as local from './commands/local.ts';
import * as pipeline from './commands/pipeline.ts';
import * as plugin from './commands/plugin.ts';
import * as token from './commands/token.ts';
import * as toolchain from './commands/toolchain.ts';
import * as workspace from './commands/workspace.ts';
import * as workspaceFault from './commands/workspace-fault.ts';
import * as request from './commands/request.ts';
import * as requestLogs from './commands/request-logs.ts';
import * as result from './commands/result.ts';
import * as run from './commands/run.ts';
import { trace } from './commands/trace.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command<CommandInput>[] = [
  ...[local.up, local.down, local.status, local.doctor, local.demo, local.test, local.bench],
  ...[backup.backup, backup.restore, backup.gc],
  ...[build.build, build.buildLs, build.buildShow, build.buildLogs],
  ...[buildProof.buildVerify, buildProof.buildSbom, buildProof.buildReport, buildProof.buildCancel],
  ...[
    pipeline.pipelineValidate,
    pipeline.pipelineApply,
    pipeline.pipelineLs,
    pipeline.pipelineShow,
    pipeline.pipelineBuild,
    pipeline.pipelineRollback,
    pipeline.pipelinePromote,
  ],
  ...[automation.operationTest, automation.scheduleLs, automation.schedulePause, automation.scheduleResume],
  ...[automation.deliveryLs, automation.deliveryRedeliver],
  ...[request.requestCreate, request.requestLs, request.requestShow, request.requestWait, request.requestCancel],
  ...[request.requestRetry, request.requestRetryAll, request.requestCancelAll, requestLogs.requestLogs],
  ...[run.runShow, run.runLogs, run.runCancel],
  ...[result.resultLs, result.resultGet, result.resultLink, result.resultRevoke, trace],
  ...[gateLimits.gateLs, gateLimits.gateSet, gateLimits.gateReset, gate.gatePause, gate.gateRelease, gate.gateExplain],
  ...[gate.gateBusy, gate.gateFree, gate.gateMetric],
  ...[cluster.clusterLs, cluster.clusterEnd],
  ...[
    token.tokenCreate,
    token.tokenLs,
    token.tokenRevoke,
    plugin.pluginLs,
    plugin.pluginNew,
    plugin.pluginTest,
    toolchain.toolchainLs,
    toolchain.toolchainPin,
    local.workspaceUp,
    local.workspaceEnv,
  ],
  ...[workspaceFault.add, workspaceFault.ls, workspaceFault.clear, workspace.routes, workspace.conformance],
];
