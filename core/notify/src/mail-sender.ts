import { EmailAddress, type EventView, type Logger, SlowLaneError } from '@slowlane/contracts';
import { createTransport } from 'nodemailer';

export interface MailSettings {
  host: string;
  port: number;
  /** `tls`: from the first byte; `starttls`: refused where the server does not offer it; `none`: only where the operator says so. */
  security: 'tls' | 'starttls' | 'none';
  from: string;
  user?: string | undefined;
  password?: string | undefined;
  /** PEM of a CA that is trusted besides the system's. */
  ca?: string | undefined;
}

export interface MailSender {
  /** Sends one mail and resolves with the server's code (250). Throws `notify.refused` for an address that the policy does not allow or the server refuses for good (5xx), else `notify.undeliverable` (temporary). */
  send(address: string, event: EventView): Promise<{ status: number }>;
  close(): void;
}

const timeoutMs = 15_000;

/**
 * Mails by SMTP, plain text. Nothing that a stranger wrote gets into a header: address and domain are checked, the subject is made of the operation's name and
 * the state alone.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5321
 */
export function createMailSender(deps: {
  settings: MailSettings;
  /** Domains that may get mail; `*` = any. */
  domains: readonly string[];
  logger: Logger;
}): MailSender {
  const { settings, domains, logger } = deps;
  const transport = createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.security === 'tls',
    requireTLS: settings.security === 'starttls',
    ignoreTLS: settings.security === 'none',
    ...(settings.user === undefined ? {} : { auth: { user: settings.user, pass: settings.password ?? '' } }),
    ...(settings.ca === undefined ? {} : { tls: { ca: settings.ca } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(address, event) {
      const problem = mailProblem(address, domains);
      if (problem !== undefined) throw new SlowLaneError('notify.refused', problem);
      try {
        const { response } = (await transport.sendMail(mailOf(settings.from, address, event))) as { response: string };
        logger.debug({ delivery: event.id, response }, 'mail sent');
        return { status: Number(/^\d{3}/.exec(response)?.[0] ?? 250) };
      } catch (error) {
        throw failureOfMail(`${settings.host}:${settings.port}`, error);
      }
    },
    close: () => transport.close(),
  };
}

/** Why an address gets no mail, or `undefined`: asked when a pipeline is applied, and again before each mail. */
export function mailProblem(address: string, domains: readonly string[]): string | undefined {
  if (!EmailAddress.safeParse(address).success) return `${JSON.stringify(address)} is not one plain e-mail address`;
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  const isAllowed = domains.some((allowed) => allowed === '*' || allowed.toLowerCase() === domain);
  return isAllowed ? undefined : `the domain of ${address} is not in policy.mail_domains`;
}

function mailOf(from: string, to: string, event: EventView) {
  const { operation, state, request, failure, files } = event.data as Record<string, unknown>;
  const lines = [
    `${String(operation)}: ${String(state)}`,
    ...(failure === undefined ? [] : [String((failure as { message?: unknown }).message)]),
    '',
    `Request  ${String(request)}`,
    ...(Array.isArray(files)
      ? (files as { name: string; size: number; href: string }[]).map(
          ({ name, size, href }) => `${name} (${size} bytes)  ${href}`,
        )
      : []),
  ];
  return {
    from,
    to: { name: '', address: to },
    subject: `Slow Lane: ${String(operation).replace(/[^a-z0-9._-]/g, '_')} ${String(state).replace(/[^a-z-]/g, '')}`,
    text: `${lines.join('\n')}\n`,
    messageId: `<${event.id.replace(/[^A-Za-z0-9_-]/g, '')}@slowlane>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
}

function failureOfMail(server: string, error: unknown): SlowLaneError {
  const { responseCode, code, message } = error as { responseCode?: number; code?: string; message: string };
  // Only what the server says of this very mail: a wrong password or missing STARTTLS is mended without it.
  const isForGood = (responseCode ?? 0) >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  return new SlowLaneError(
    isForGood ? 'notify.refused' : 'notify.undeliverable',
    `mail server ${server}: ${code ?? ''} ${message}`.replace(/\s+/g, ' '),
    { cause: error, ...(responseCode === undefined ? {} : { data: { status: responseCode } }) },
  );
}
