import type { FailureKind } from './error.ts';

interface CodeEntry {
  kind: FailureKind;
  /** HTTP status where the failure answers a call. */
  status: number;
  /** What happened, in one line, for the reference. */
  summary: string;
  /** What to do, unless the place that throws knows better. */
  hint: string;
}

/**
 * Every code that Slow Lane can show, in the order of the lanes. `docs/errors.md` is generated from this table.
 * Exit codes of the command line come in ranges by area: see `exitCodeOf`.
 */
export const errorCodes = {
  'cli.usage': {
    kind: 'user',
    status: 400,
    summary: 'The command line is wrong.',
    hint: 'Run the command with --help.',
  },
  'cli.not-running': {
    kind: 'user',
    status: 503,
    summary: 'No Slow Lane answers at the address.',
    hint: 'Start it with: ./slowlane up',
  },
  'ground.missing': {
    kind: 'user',
    status: 500,
    summary: 'The machine lacks something Slow Lane needs.',
    hint: 'Run: ./slowlane doctor',
  },
  'ground.port-in-use': {
    kind: 'user',
    status: 500,
    summary: 'Another program listens on the port.',
    hint: 'End that program or set another port in slowlane.yaml.',
  },
  'config.invalid': {
    kind: 'user',
    status: 500,
    summary: 'slowlane.yaml or an environment variable is wrong.',
    hint: 'Correct the value named in the message.',
  },

  'pipeline.invalid': {
    kind: 'user',
    status: 422,
    summary: 'A pipeline file has a wrong value.',
    hint: 'Correct the line named in the message.',
  },
  'pipeline.unknown-key': {
    kind: 'user',
    status: 422,
    summary: 'A pipeline file has a key that does not exist.',
    hint: 'Remove the key or correct its name.',
  },
  'pipeline.policy': {
    kind: 'user',
    status: 422,
    summary: 'A pipeline claims more than the platform policy allows.',
    hint: 'Lower the claim, or ask the platform team to raise the policy.',
  },
  'pipeline.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no pipeline of this name.',
    hint: 'List them with: slowlane pipeline ls',
  },
  'pipeline.not-registered': {
    kind: 'user',
    status: 409,
    summary: 'The pipeline has no registered job yet.',
    hint: 'Push its source first, and look at: slowlane build ls',
  },
  'pipeline.no-promotion': {
    kind: 'user',
    status: 409,
    summary: 'There is nothing to promote to the target.',
    hint: 'See the builds with: slowlane build ls',
  },
  'pipeline.no-rollback': {
    kind: 'user',
    status: 409,
    summary: 'There is no such earlier artifact to go back to.',
    hint: 'See the digests in the message.',
  },

  'source.not-found': {
    kind: 'user',
    status: 422,
    summary: 'The repository, ref or folder does not exist.',
    hint: 'Check source.git, source.ref and source.path.',
  },
  'source.refused': {
    kind: 'user',
    status: 422,
    summary: 'The source is not allowed or not safe to read.',
    hint: 'Use an https URL of an allowed host, without credentials in it.',
  },
  'source.too-large': {
    kind: 'user',
    status: 413,
    summary: 'The source has too many or too large files.',
    hint: 'Move data out of the repository.',
  },
  'source.unreachable': {
    kind: 'temporary',
    status: 503,
    summary: 'The source host did not answer.',
    hint: 'It is tried again by itself.',
  },
  'archive.refused': {
    kind: 'user',
    status: 422,
    summary: 'An archive holds something that is refused.',
    hint: 'Only regular files and folders with plain names are accepted.',
  },

  'detect.none': {
    kind: 'user',
    status: 422,
    summary: 'No language plugin recognises the project.',
    hint: 'Name one with "language:" in the pipeline file.',
  },
  'detect.ambiguous': {
    kind: 'user',
    status: 422,
    summary: 'More than one language plugin recognises the project.',
    hint: 'Name one with "language:" in the pipeline file.',
  },
  'detect.failed': {
    kind: 'user',
    status: 422,
    summary: 'A file that decides the language cannot be read.',
    hint: 'Correct the file named in the message.',
  },
  'plan.refused': {
    kind: 'user',
    status: 422,
    summary: 'The project cannot be built as it is.',
    hint: 'See the message.',
  },
  'plugin.failed': {
    kind: 'platform',
    status: 500,
    summary: 'A language plugin threw, timed out or answered nonsense.',
    hint: 'Report it to the author of the plugin named in the message.',
  },
  'toolchain.missing': {
    kind: 'user',
    status: 422,
    summary: 'The project wants a tool version that is not installed.',
    hint: 'Run: slowlane toolchain ls',
  },

  'build.failed': {
    kind: 'user',
    status: 422,
    summary: 'A build step ended with an error.',
    hint: 'Read the build log above the message.',
  },
  'build.coverage-low': {
    kind: 'user',
    status: 422,
    summary: 'The tests cover less of the program than `build.coverage.minimum` asks for.',
    hint: 'Test more of it, or lower build.coverage.minimum in the pipeline file.',
  },
  'build.tests-failed': {
    kind: 'user',
    status: 422,
    summary: "The project's tests failed.",
    hint: 'Run the tests on your machine, correct them, push again.',
  },
  'build.dependency': {
    kind: 'user',
    status: 422,
    summary: 'A dependency does not exist or cannot be resolved.',
    hint: 'Check its coordinates and version.',
  },
  'build.egress-denied': {
    kind: 'user',
    status: 422,
    summary: 'The build asked for a host or registry that is not allowed.',
    hint: 'Ask for it under build.egress, or remove the repository from the build.',
  },
  'build.timeout': {
    kind: 'user',
    status: 422,
    summary: 'The build ran longer than its limit.',
    hint: 'Raise build.timeout, within the policy.',
  },
  'build.out-of-memory': {
    kind: 'user',
    status: 422,
    summary: 'The build needed more memory than its limit.',
    hint: 'Raise build.memory, within the policy.',
  },
  'build.limit': {
    kind: 'user',
    status: 422,
    summary: 'The build reached a limit of processes, disk or output.',
    hint: 'See the limit in the message.',
  },
  'build.cancelled': {
    kind: 'user',
    status: 409,
    summary: 'The build was cancelled.',
    hint: 'Push again or start it again.',
  },
  'build.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no build of this id.',
    hint: 'List them with: slowlane build ls',
  },
  'build.not-cancellable': {
    kind: 'user',
    status: 409,
    summary: 'The build has ended already.',
    hint: 'Nothing is left to cancel.',
  },

  'artifact.none': {
    kind: 'user',
    status: 422,
    summary: 'The build left no artifact where the plan expects one.',
    hint: 'See the rule in the message.',
  },
  'artifact.ambiguous': {
    kind: 'user',
    status: 422,
    summary: 'The build left several artifacts where one is declared.',
    hint: 'Declare one of the candidates with build.artifact.',
  },
  'artifact.main-class-missing': {
    kind: 'user',
    status: 422,
    summary: 'The main class is not in the JAR.',
    hint: 'Correct job.main; the candidates are listed.',
  },
  'artifact.entry-point-missing': {
    kind: 'user',
    status: 422,
    summary: 'The wheel has no such entry point.',
    hint: 'Correct job.main; the candidates are listed.',
  },
  'artifact.runtime-mismatch': {
    kind: 'user',
    status: 422,
    summary: 'The artifact does not fit the target runtime.',
    hint: 'Build for the versions in the message, or choose another job.runtime.',
  },
  'artifact.invalid': {
    kind: 'user',
    status: 422,
    summary: 'The artifact is not a valid JAR, wheel or script.',
    hint: 'See the message.',
  },
  'artifact.not-verified': {
    kind: 'user',
    status: 422,
    summary: 'A prebuilt JAR does not hold against the digest or the Sigstore bundle that its project names.',
    hint: 'Do not use the JAR before its makers say which bytes are theirs.',
  },
  'artifact.untrusted': {
    kind: 'user',
    status: 422,
    summary: 'A prebuilt JAR is trusted less than policy.prebuilt asks for.',
    hint: 'Pin its digest, or have its signature checked.',
  },
  'artifact.corrupt': {
    kind: 'platform',
    status: 500,
    summary: 'Stored bytes do not have the digest of their name.',
    hint: 'Restore the store from a backup.',
  },
  'artifact.provenance-invalid': {
    kind: 'platform',
    status: 500,
    summary: 'The provenance of an artifact is not signed by us or is about other files.',
    hint: 'Do not use the artifact; build it again.',
  },

  'auth.missing': {
    kind: 'user',
    status: 401,
    summary: 'The call has no token.',
    hint: 'Send "Authorization: Bearer TOKEN", or set SLOWLANE_TOKEN.',
  },
  'auth.invalid': {
    kind: 'user',
    status: 401,
    summary: 'The token is unknown, expired or revoked.',
    hint: 'Make one with: slowlane token create',
  },
  'auth.scope': {
    kind: 'user',
    status: 403,
    summary: 'The token does not have the scope for this.',
    hint: 'Make one with the scope in the message: slowlane token create --scope ...',
  },
  'auth.provider': {
    kind: 'temporary',
    status: 503,
    summary: "The keys of the identity provider cannot be fetched, so the token's signature cannot be checked.",
    hint: 'Try again after the time in Retry-After; the message in the log names the issuer.',
  },
  'auth.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no token of this id.',
    hint: 'List them with: slowlane token ls',
  },
  'request.invalid': {
    kind: 'user',
    status: 400,
    summary: 'The call does not have the right form.',
    hint: 'See the fields in the message.',
  },
  'request.too-large': {
    kind: 'user',
    status: 413,
    summary: 'The body of the call is larger than allowed.',
    hint: 'Send less; data belongs on a volume.',
  },
  'request.media-type': {
    kind: 'user',
    status: 415,
    summary: 'The call has a body of another media type than the address takes.',
    hint: 'Set Content-Type as /docs says.',
  },
  'request.body-invalid': {
    kind: 'user',
    status: 422,
    summary: "The request body breaks the operation's schema.",
    hint: 'See the fields in the message.',
  },
  'request.operation-unknown': {
    kind: 'user',
    status: 404,
    summary: 'There is no such operation.',
    hint: 'List them with: slowlane pipeline ls',
  },
  'request.rate': {
    kind: 'temporary',
    status: 429,
    summary: 'The caller sends more calls than one caller may.',
    hint: 'Try again after the time in Retry-After.',
  },
  'request.backlog': {
    kind: 'temporary',
    status: 429,
    summary: 'As many parts of the operation wait as may.',
    hint: 'Try again after the time in Retry-After, or raise the limit of the gate that holds them: slowlane gate ls',
  },
  'request.overload': {
    kind: 'temporary',
    status: 503,
    summary: 'The system takes no further request for now.',
    hint: 'Try again after the time in Retry-After; health names what is short.',
  },
  'request.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no request of this id.',
    hint: 'List them with: slowlane request ls',
  },
  'request.key-reused': {
    kind: 'user',
    status: 422,
    summary: 'The Idempotency-Key was used with another body.',
    hint: 'Use a new key for a new request.',
  },
  'request.callback-refused': {
    kind: 'user',
    status: 422,
    summary: 'The callback URL is not allowed.',
    hint: 'Use an address of the allowlist in slowlane.yaml.',
  },
  'request.too-many-parts': {
    kind: 'user',
    status: 422,
    summary: 'The request splits into more parts than allowed.',
    hint: 'Ask for less at once.',
  },
  'request.impossible': {
    kind: 'user',
    status: 422,
    summary: 'The request weighs more than a limit and could never run.',
    hint: 'Lower the weight or raise the limit.',
  },
  'request.deadline': {
    kind: 'user',
    status: 422,
    summary: "The request's deadline passed before its parts were submitted.",
    hint: 'The message says what it waited for; send it again with a later deadline.',
  },
  'request.over-budget': {
    kind: 'user',
    status: 422,
    summary: 'The request would cost more than is left of the budget of this month.',
    hint: 'Wait for the next month, or ask the platform team to raise the budget.',
  },
  'request.not-retryable': {
    kind: 'user',
    status: 409,
    summary: 'The request cannot be run again: it has not failed, was never split, or has left the live store.',
    hint: 'Send a new request.',
  },
  'request.cancelled': { kind: 'user', status: 409, summary: 'The request was cancelled.', hint: 'Send it again.' },
  'request.not-cancellable': {
    kind: 'user',
    status: 409,
    summary: 'The request has already ended.',
    hint: 'Nothing is left to cancel.',
  },
  'mediate.failed': {
    kind: 'user',
    status: 422,
    summary: 'A mediator step could not be carried out.',
    hint: 'See the step in the message.',
  },
  'mediate.lookup-refused': {
    kind: 'user',
    status: 422,
    summary: 'A look-up may not ask this address.',
    hint: 'Hosts that look-ups may ask stand in policy.lookups of slowlane.yaml.',
  },
  'mediate.lookup-unavailable': {
    kind: 'temporary',
    status: 502,
    summary: 'The service that a look-up asks did not answer as it should.',
    hint: 'It is asked again by itself.',
  },
  'mediate.host-unavailable': {
    kind: 'temporary',
    status: 503,
    summary: 'The place where mediator modules run cannot be reached.',
    hint: 'It is tried again by itself; see: slowlane doctor',
  },
  'join.too-few': {
    kind: 'user',
    status: 422,
    summary: 'Fewer parts succeeded than the join policy asks for.',
    hint: 'See the failed parts in the message; retry the request after a fix.',
  },
  'join.failed': {
    kind: 'user',
    status: 422,
    summary: 'The results of the parts could not be joined.',
    hint: 'See the part and file in the message.',
  },
  'route.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is nothing at this address.',
    hint: 'See /docs for the calls.',
  },
  'route.method-not-allowed': {
    kind: 'user',
    status: 405,
    summary: 'The address does not take this method.',
    hint: 'Use one of the methods in the Allow header.',
  },

  'run.failed': {
    kind: 'user',
    status: 422,
    summary: 'The driver application ended with an error.',
    hint: 'Read the driver log: slowlane run logs ID',
  },
  'run.timeout': {
    kind: 'user',
    status: 422,
    summary: 'The run reached its time limit.',
    hint: 'Raise job.timeout, within the policy.',
  },
  'run.cancelled': { kind: 'user', status: 409, summary: 'The run was cancelled.', hint: 'Send the request again.' },
  'run.platform': {
    kind: 'platform',
    status: 502,
    summary: 'The workspace or its cluster failed under the run.',
    hint: 'See the text of the workspace in the message.',
  },
  'run.unknown-outcome': {
    kind: 'platform',
    status: 502,
    summary: 'The workspace reported an outcome we do not know.',
    hint: 'It is shown word for word; report it.',
  },
  'run.not-cancellable': {
    kind: 'user',
    status: 409,
    summary: 'The run has ended already.',
    hint: 'See how with: slowlane run show ID',
  },
  'run.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no run of this id.',
    hint: 'See the runs with: slowlane request show ID',
  },

  'workspace.rejected': {
    kind: 'platform',
    status: 502,
    summary: 'The workspace refused a call.',
    hint: "See the workspace's own message.",
  },
  'workspace.not-found': {
    kind: 'platform',
    status: 502,
    summary: 'The workspace does not have the object.',
    hint: "See the workspace's own message.",
  },
  'workspace.unauthenticated': {
    kind: 'platform',
    status: 502,
    summary: 'The workspace refused our credentials.',
    hint: 'Check the token of the workspace in slowlane.yaml.',
  },
  'workspace.untrusted': {
    kind: 'platform',
    status: 502,
    summary: 'The certificate of the workspace is not trusted.',
    hint: "Set the workspace's ca_bundle to your company's CA; verification cannot be switched off.",
  },
  'workspace.throttled': {
    kind: 'temporary',
    status: 503,
    summary: 'The workspace answered 429.',
    hint: 'It is tried again by itself.',
  },
  'workspace.unavailable': {
    kind: 'temporary',
    status: 503,
    summary: 'The workspace did not answer.',
    hint: 'It is tried again by itself.',
  },
  'workspace.timeout': {
    kind: 'temporary',
    status: 504,
    summary: 'A call to the workspace took too long.',
    hint: 'It is tried again by itself.',
  },

  'result.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no such result.',
    hint: 'See: slowlane request show ID',
  },
  'result.range': {
    kind: 'user',
    status: 416,
    summary: 'The Range of the call is not in the file, or is more than one.',
    hint: 'Ask for one range within the size in Content-Range.',
  },
  'result.gone': {
    kind: 'user',
    status: 410,
    summary: 'The result was kept for its time and is deleted.',
    hint: 'Send the request again.',
  },
  'result.link-expired': {
    kind: 'user',
    status: 410,
    summary: 'The result link has expired.',
    hint: 'Get a new one: slowlane result get ID',
  },
  'result.link-revoked': {
    kind: 'user',
    status: 410,
    summary: 'The result link was revoked.',
    hint: 'Get a new one: slowlane result get ID',
  },
  'result.link-invalid': {
    kind: 'user',
    status: 403,
    summary: 'The signature of the result link is wrong.',
    hint: 'Get a new one: slowlane result get ID',
  },
  'notify.refused': {
    kind: 'user',
    status: 422,
    summary: 'The callback address may not be called.',
    hint: 'Add it to notify.allow in slowlane.yaml if it is yours.',
  },
  'notify.undeliverable': {
    kind: 'temporary',
    status: 502,
    summary: 'The callback did not answer with 2xx.',
    hint: 'It is tried again by itself.',
  },
  'notify.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no such delivery.',
    hint: 'List them with: slowlane delivery ls --state dead',
  },
  'notify.not-dead': {
    kind: 'user',
    status: 409,
    summary: 'The delivery is under way or was made.',
    hint: 'Only dead deliveries can be sent again.',
  },
  'schedule.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no such schedule.',
    hint: 'List them with: slowlane schedule ls',
  },

  'sandbox.unavailable': {
    kind: 'platform',
    status: 503,
    summary: 'The sandbox helper does not answer.',
    hint: 'Run: slowlane doctor',
  },
  'sandbox.refused': {
    kind: 'platform',
    status: 500,
    summary: 'The sandbox helper refused a specification.',
    hint: 'See the field in the message.',
  },
  'sandbox.failed': {
    kind: 'platform',
    status: 500,
    summary: 'The sandbox could not be set up.',
    hint: 'Run: slowlane doctor',
  },
  'gateway.denied': {
    kind: 'user',
    status: 403,
    summary: 'The dependency gateway does not allow the path.',
    hint: 'Only declared registries can be reached.',
  },
  'gateway.upstream': {
    kind: 'temporary',
    status: 502,
    summary: 'The registry behind the gateway did not answer.',
    hint: 'Try again later.',
  },
  'gateway.mismatch': {
    kind: 'platform',
    status: 502,
    summary: 'A registry served other bytes than before or than it announced.',
    hint: 'Do not use the dependency until its owner has explained it.',
  },

  'queue.unavailable': {
    kind: 'temporary',
    status: 503,
    summary: 'Redis does not answer.',
    hint: 'Try again after the time in Retry-After.',
  },
  'queue.full': {
    kind: 'temporary',
    status: 503,
    summary: 'The system holds as much as it may.',
    hint: 'Try again after the time in Retry-After.',
  },
  'queue.fenced': {
    kind: 'temporary',
    status: 409,
    summary: 'Another node has taken over this work.',
    hint: 'Nothing to do.',
  },
  'queue.version': {
    kind: 'platform',
    status: 503,
    summary: 'Redis holds the state of another version of Slow Lane that this one cannot work on.',
    hint: 'Run one version at a time: let the other one finish, or start the version named in the message.',
  },
  'gate.not-closed': {
    kind: 'user',
    status: 409,
    summary: 'Nothing is paused, drained or closed on the dimension.',
    hint: 'See what keeps it closed with: slowlane gate ls',
  },
  'gate.unknown-dimension': {
    kind: 'user',
    status: 404,
    summary: 'There is no such gate dimension.',
    hint: 'List them with: slowlane gate ls',
  },
  'cluster.not-found': {
    kind: 'user',
    status: 404,
    summary: 'There is no such cluster.',
    hint: 'List them with: slowlane cluster ls',
  },
  'ledger.unavailable': {
    kind: 'platform',
    status: 503,
    summary: 'The ledger cannot be read or written.',
    hint: 'Check the disk and the file named in the message.',
  },
  'backup.invalid': {
    kind: 'user',
    status: 400,
    summary: 'This folder cannot be backed up to, or restored from.',
    hint: 'Back up into a folder that does not exist yet; restore into a state folder that holds nothing.',
  },
  'trace.not-found': {
    kind: 'user',
    status: 404,
    summary: 'Nothing is known under this id.',
    hint: 'Use an id of a request, build, run, part or push.',
  },
  'platform.unexpected': {
    kind: 'platform',
    status: 500,
    summary: 'Something broke that should not.',
    hint: 'Report it with the correlation id.',
  },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

/** Exit codes of the command line, one per area, so that a script can tell a wrong call from a failed build or run. */
const exitByArea: Record<string, number> = {
  cli: 2,
  ground: 3,
  config: 4,
  auth: 5,
  route: 5,
  pipeline: 10,
  source: 20,
  archive: 21,
  detect: 22,
  plan: 23,
  plugin: 24,
  toolchain: 25,
  build: 26,
  artifact: 30,
  request: 40,
  mediate: 41,
  join: 42,
  run: 50,
  workspace: 60,
  result: 70,
  notify: 71,
  schedule: 72,
  sandbox: 80,
  gateway: 81,
  queue: 90,
  gate: 91,
  ledger: 92,
  trace: 93,
  backup: 94,
  platform: 99,
};

export function exitCodeOf(code: ErrorCode): number {
  return exitByArea[code.slice(0, code.indexOf('.'))] ?? 1;
}
