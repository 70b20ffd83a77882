import { SlowLaneError } from '@slowlane/contracts';
import { formatBytes } from '@slowlane/kit';
import { defineCommand, text } from '../command.ts';

const request = { form: '<request>', help: 'id of the request' };

export const resultLs = defineCommand({
  name: 'result ls',
  summary: 'the result files of a request',
  args: [request],
  async run(input, { client }) {
    const { request: id, state, files } = await client().getResult(input.args[0] as string);
    return { request: id, state, files: files.map(({ name, size }) => ({ name, size })) };
  },
  render: ({ state, files }, style) =>
    files.length === 0
      ? [`no result files: the request is ${state}`]
      : style.table(
          files.map(({ name, size }) => [name, formatBytes(size)]),
          ['file', 'size'],
        ),
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

export const resultLink = defineCommand({
  name: 'result link',
  summary: 'a link to one result file, good for some time without a token',
  args: [request, { form: '[file]', help: 'name of the file; not needed where there is one' }],
  options: [{ form: '--ttl <duration>', help: 'how long it is good for, at most as long as the operation says' }],
  async run(input, { client }) {
    const ttl = text(input, 'ttl');
    const { files } = await client().getResult(input.args[0] as string, ttl === undefined ? {} : { ttl });
    const wanted = input.args[1];
    const found = files.filter(({ name }) => wanted === undefined || name === wanted);
    if (found.length === 1) return found[0] as (typeof files)[number];
    throw new SlowLaneError(
      'result.not-found',
      wanted === undefined ? `the request has ${files.length} result files` : `there is no result file "${wanted}"`,
      { hint: `Files: ${files.map(({ name }) => name).join(', ') || 'none'}` },
    );
  },
  render: ({ href, expiresAt }, style) => [href, style.dim(`until ${new Date(expiresAt).toISOString()}`)],
});

export const resultRevoke = defineCommand({
  name: 'result revoke',
  summary: 'make links to the results of a request worthless: one, or all that were given out so far',
  args: [request, { form: '[link]', help: 'the link; without it all of them' }],
  run(input, { client }) {
    const link = input.args[1];
    return client().revokeLinks(input.args[0] as string, link === undefined ? {} : { link });
  },
  render: ({ request: id, revoked }) => [revoked === 'one' ? 'revoked' : `all links of ${id} are revoked`],
});
