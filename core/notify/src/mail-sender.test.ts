import type { EventView } from '@slowlane/contracts';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createMailSender, mailProblem, type MailSettings } from './mail-sender.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

const event: EventView = {
  id: '1700000000000-3',
  type: 'request.failed',
  at: 9_000,
  correlationId: 'cor_01J0000000000000000000000C',
  subject: { pipeline: 'daily', request: 'req_01J0000000000000000000000A' },
  data: {
    operation: 'daily',
    state: 'failed',
    request: 'http://127.0.0.1:8080/v1/requests/req_01J0000000000000000000000A',
    files: [{ name: 'a.csv', size: 3, href: 'http://127.0.0.1:8080/r/a.csv' }],
    failure: { message: 'line one\r\nBcc: victim@example.org\r\n.\r\nend' },
  },
};

async function mailServer(options: SMTPServerOptions = {}) {
  const mails: { to: string[]; from: string; text: string; user: string | undefined }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    ...options,
    onData(stream, session, done) {
      void buffer(stream).then((bytes) => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          to: rcptTo.map(({ address }) => address),
          from: mailFrom === false ? '' : mailFrom.address,
          text: bytes.toString('utf8'),
          user: session.user as string | undefined,
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { mails, port: (server.server.address() as AddressInfo).port };
}

function senderTo(port: number, changes: Partial<MailSettings> = {}) {
  const settings: MailSettings = {
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'slowlane@example.org',
    ...changes,
  };
  const sender = createMailSender({ settings, domains: ['example.org'], logger });
  cleanUps.push(() => sender.close());
  return sender;
}

describe('the mail sender', () => {
  it('sends a plain mail with the state, the failure and the links', async () => {
    const { mails, port } = await mailServer();
    await expect(senderTo(port).send('ann@example.org', event)).resolves.toEqual({ status: 250 });
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ to: ['ann@example.org'], from: 'slowlane@example.org' });
    expect(mails[0]?.text).toContain('Subject: Slow Lane: daily failed\r\n');
    expect(mails[0]?.text).toContain('http://127.0.0.1:8080/r/a.csv');
  });

  it('lets no text of a run become a header or a recipient', async () => {
    const { mails, port } = await mailServer();
    await senderTo(port).send('ann@example.org', event);
    const [head, body] = mails[0]!.text.split('\r\n\r\n', 2) as [string, string];
    expect(head).not.toContain('victim');
    expect(body).toContain('victim@example.org');
    expect(mails[0]?.to).toEqual(['ann@example.org']);
  });

  it.each([
    'ann@example.org\r\nBcc: victim@example.org',
    'ann@example.org, victim@example.org',
    'Ann <ann@example.org>',
    'ann@evil.example',
    '"a b"@example.org',
    'ann@example.org@evil.example',
    '',
  ])('refuses the address %j', async (address) => {
    const { mails, port } = await mailServer();
    await expect(senderTo(port).send(address, event)).rejects.toMatchObject({ code: 'notify.refused', kind: 'user' });
    expect(mails).toEqual([]);
    expect(mailProblem(address, ['example.org'])).toBeDefined();
  });

  it('signs in with user and password', async () => {
    const { mails, port } = await mailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        password === 'right' ? done(null, { user: username ?? '' }) : done(new Error('no')),
    });
    await senderTo(port, { user: 'lane', password: 'right' }).send('ann@example.org', event);
    expect(mails[0]?.user).toBe('lane');
    await expect(
      senderTo(port, { user: 'lane', password: 'wrong' }).send('ann@example.org', event),
    ).rejects.toMatchObject({ code: 'notify.undeliverable' });
  });

  it('tells a refusal for good from one that passes', async () => {
    const answers = [550, 451];
    const { port } = await mailServer({
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error('no'), { responseCode: answers.shift() as number })),
    });
    await expect(senderTo(port).send('ann@example.org', event)).rejects.toMatchObject({ code: 'notify.refused' });
    await expect(senderTo(port).send('ann@example.org', event)).rejects.toMatchObject({
      code: 'notify.undeliverable',
    });
  });

  it('says that a server without STARTTLS is none where that is needed', async () => {
    const { mails, port } = await mailServer();
    await expect(senderTo(port, { security: 'starttls' }).send('ann@example.org', event)).rejects.toMatchObject({
      kind: 'temporary',
    });
    expect(mails).toEqual([]);
  });

  it('is temporary when nobody answers', async () => {
    await expect(senderTo(1).send('ann@example.org', event)).rejects.toMatchObject({
      code: 'notify.undeliverable',
    });
  });
});
