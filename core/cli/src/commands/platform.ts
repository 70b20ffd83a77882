import type { EventView, RunView } from '@slowlane/contracts';
import { defineCommand, flag, list, text } from '../command.ts';
import { renderEvent } from '../render-event.ts';
import { closureText } from '../wait-text.ts';

export const gateLs = defineCommand({
  name: 'gate ls',
  summary: 'limits of the gate, what is in use and what waits',
  run: (_input, { client }) => client().listGates(),
  render: ({ gates }, style) =>
    style.table(
      gates.map((gate) => [
        gate.dimension,
        gate.limit === null ? 'unlimited' : String(gate.limit),
        String(gate.inUse),
        String(gate.waiting),
        [
          ...(gate.byHand === undefined
            ? []
            : [`by ${gate.byHand.by}: ${gate.byHand.reason} (declared: ${gate.declared ?? 'none'})`]),
          ...(gate.closed ?? []).map(closureText),
        ].join('; '),
      ]),
      ['dimension', 'limit', 'in use', 'waiting', 'set or closed by'],
    ),
});

export const gateSet = defineCommand({
  name: 'gate set',
  summary: 'set a limit by hand; stands over the pipeline file until gate reset',
  args: [
    { form: '<dimension>', help: '* | op:NAME | pool:NAME | ws:NAME | res:NAME | tn:NAME' },
    { form: '<limit>', help: 'number of slots; 0 stops new ones' },
  ],
  options: [{ form: '--reason <text>', help: 'why', default: 'by hand' }],
  run: (input, { client }) =>
    client().setGate(input.args[0] as string, {
      limit: Number(input.args[1]),
      reason: text(input, 'reason') ?? 'by hand',
    }),
});

export const gateReset = defineCommand({
  name: 'gate reset',
  summary: 'go back to the limit that pipeline file and configuration declare',
  args: [{ form: '<dimension>', help: 'dimension' }],
  run: (input, { client }) => client().resetGate(input.args[0] as string),
});

export const tokenCreate = defineCommand({
  name: 'token create',
  summary: 'make a token; its secret is shown once',
  args: [{ form: '<name>', help: 'whose it is' }],
  options: [
    {
      form: '--scope <scope>',
      help: 'admin | read | push:NAME | request:NAME | tenant:NAME | build | pipeline | gate | deps (repeat it)',
      many: true,
    },
    { form: '--ttl <duration>', help: 'how long it is good for: 30d' },
    { form: '--secret', help: 'print the secret alone, for a script' },
  ],
  async run(input, { client }) {
    const ttl = text(input, 'ttl');
    const created = await client().createToken({
      name: input.args[0] as string,
      scopes: list(input, 'scope'),
      ...(ttl === undefined ? {} : { ttl }),
    });
    return { ...created, secretOnly: flag(input, 'secret') };
  },
  render: ({ token, secret, webhookSecret, secretOnly }, style) =>
    secretOnly
      ? [secret]
      : [
          `${style.bold(secret)}`,
          style.dim(`${token.id}: ${token.scopes.join(', ')}`),
          ...(webhookSecret === undefined ? [] : [style.dim(`callbacks are signed with ${webhookSecret}`)]),
        ],
});

export const tokenLs = defineCommand({
  name: 'token ls',
  summary: 'list tokens',
  run: (_input, { client }) => client().listTokens(),
  render: ({ tokens }, style) =>
    style.table(
      tokens.map((token) => [
        token.id,
        token.name,
        token.scopes.join(' '),
        token.revokedAt === undefined ? endText(token.expiresAt) : 'revoked',
      ]),
      ['token', 'name', 'scopes', ''],
    ),
});

function endText(expiresAt: number | undefined): string {
  if (expiresAt === undefined) return '';
  return `${expiresAt > Date.now() ? 'until' : 'expired'} ${new Date(expiresAt).toISOString()}`;
}

export const tokenRevoke = defineCommand({
  name: 'token revoke',
  summary: 'revoke a token at once',
  args: [{ form: '<id>', help: 'id of the token' }],
  async run(input, { client }) {
    await client().revokeToken(input.args[0] as string);
    return { revoked: input.args[0] };
  },
  render: ({ revoked }) => [`revoked ${revoked}`],
});

export const runShow = defineCommand({
  name: 'run show',
  summary: 'one run of the workspace',
  args: [{ form: '<id>', help: 'run id, or id of the part' }],
  run: (input, { client }) => client().getRun(input.args[0] as string),
  render: (run) => [
    `run ${run.runId} of ${run.part}: ${run.state} on ${run.workspace}`,
    ...progressOf(run.progress),
    ...(run.runPageUrl === undefined ? [] : [run.runPageUrl]),
  ],
});

function progressOf(progress: RunView['progress']): string[] {
  if (progress === undefined) return [];
  const { percent, message, step } = progress;
  return [[percent === undefined ? `step ${step}` : `${percent} %`, message].filter(Boolean).join('  ')];
}

export const runLogs = defineCommand({
  name: 'run logs',
  summary: 'the driver log of a run that has ended',
  args: [{ form: '<id>', help: 'run id, or id of the part' }],
  async run(input, { client, json, write }) {
    const log = await client().getRunLog(input.args[0] as string);
    if (!json) write(log);
    return { log };
  },
});

export const resultGet = defineCommand({
  name: 'result get',
  summary: 'signed, expiring links to the result files of a request',
  args: [{ form: '<request>', help: 'id of the request' }],
  run: (input, { client }) => client().getResult(input.args[0] as string),
  render: ({ files }, style) =>
    files.flatMap((file) => [
      `${file.name}  ${style.dim(`${file.size} B, until ${new Date(file.expiresAt).toISOString()}`)}`,
      `  ${file.href}`,
    ]),
});

export const trace = defineCommand({
  name: 'trace',
  summary: 'the whole story of any id: commit, push, build, artifact, job, request, part, run, delivery, trace',
  args: [
    {
      form: '<id>',
      help: 'a commit, a traceparent, an artifact digest, or the id of a push, build, job, request, part, run or delivery',
    },
  ],
  run: (input, { client }) => client().trace(input.args[0] as string),
  render: ({ events }, style) => events.filter(hasNews).map((event) => renderEvent(event, style)),
});

/** A stage that only says that it has begun is left out for people: what it found comes with the next one. */
function hasNews(event: EventView): boolean {
  return event.type !== 'build.stage' || Object.keys((event.data['found'] ?? {}) as object).length > 0;
}
