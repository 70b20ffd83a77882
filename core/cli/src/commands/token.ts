import { SlowLaneError } from '@slowlane/contracts';
import { defineCommand, flag, list, text } from '../command.ts';

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
    if (list(input, 'scope').length === 0)
      throw new SlowLaneError('cli.usage', 'a token without a scope could do nothing: --scope is missing', {
        hint: 'For example: --scope request:NAME. See: slowlane token create --help',
      });
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
