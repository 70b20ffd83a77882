import { scrub } from '@slowlane/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { type OpenGateway, openGateway } from './__fixtures__/open-gateway.ts';

const basic = (password: string): string => `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;
const key = ['-----BEGIN OPENSSH PRIVATE KEY-----', 'c2VjcmV0bGluZW9uZQplant', 'ed/second+line', '-----END', ''].join(
  '\n',
);

let open: OpenGateway;
afterEach(() => open.close());

describe('what a gateway was given', () => {
  it.each([
    ['registry-token-4711', 'a token of a registry'],
    ['registry-password-4711', 'a password of a registry'],
    ['address p@ssword', 'a password in an address'],
    ['git-token-4711', 'a token of a source'],
    ['c2VjcmV0bGluZW9uZQplant', 'a line of a deploy key'],
    ['ed/second+line', 'another line of it'],
  ])('appears in no log: %s, %s', async (secret) => {
    open = await openGateway(
      { maven: `http://ada:${encodeURIComponent('address p@ssword')}@127.0.0.1:1/` },
      {
        credentials: { pypi: 'Bearer registry-token-4711', company: basic('registry-password-4711') },
        gitCredentials: [{ match: 'https://git.example.org/*', authorization: basic('git-token-4711') }],
        gitKeys: [{ match: 'ssh://git@git.example.org/*', privateKey: key, hostKeys: [] }],
      },
    );
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(`ada:${secret}`).toString('base64'),
    ];
    for (const form of forms) expect(scrub(`it said ${form}.`)).not.toContain(form.slice(8, 20));
    expect(scrub('-----BEGIN OPENSSH PRIVATE KEY-----')).toContain('OPENSSH');
  });
});
