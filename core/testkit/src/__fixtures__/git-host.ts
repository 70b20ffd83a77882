import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { commitIn, gitIn } from './git-repository.ts';

/** A git host over TLS on loopback, with a CA of its own: real `git http-backend`. */
export interface GitHost {
  /** `https://localhost:PORT` */
  url: string;
  /** `localhost:PORT`, as an operator names it. */
  host: string;
  caFile: string;
  /** Requests as they came, without what was sent. */
  asked: { method: string; path: string; authorization: string | undefined; headers: IncomingMessage['headers'] }[];
  /** Answers instead of git, until it gives `false`. */
  intercept(handler: (request: IncomingMessage, response: ServerResponse) => boolean): void;
  /** Runs git in a repository below the host's folder, made at first use; gives its output. */
  git(name: string, ...argv: string[]): string;
  /** Writes files and commits all; gives the commit id. */
  commit(name: string, files: Record<string, string>): string;
  close(): Promise<void>;
}

export async function startGitHost(folder: string): Promise<GitHost> {
  const root = join(folder, 'host');
  mkdirSync(root, { recursive: true });
  const { caFile, key, cert } = certificates(folder);
  const asked: GitHost['asked'] = [];
  let handler: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  const server = createServer({ key, cert }, (request, response) => {
    const { method = '', url = '', headers } = request;
    asked.push({ method, path: url, authorization: headers.authorization, headers });
    if (!handler(request, response)) backend(root, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    url: `https://${host}`,
    host,
    caFile,
    asked,
    intercept: (next) => void (handler = next),
    git: (name, ...argv) => gitIn(join(root, name), ...argv),
    commit: (name, files) => commitIn(join(root, name), files),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `/team/job.git/info/refs` -> the CGI program of git, on `<root>/team/job/.git`. */
function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://localhost');
  const child = spawn('/usr/bin/git', ['http-backend'], {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: root,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: root,
      PATH_INFO: url.pathname.replace('.git/', '/.git/'),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.once('close', () => {
    const bytes = Buffer.concat(chunks);
    const end = bytes.indexOf('\r\n\r\n');
    let status = 200;
    for (const line of bytes.toString('latin1', 0, end).split('\r\n')) {
      const [name, value] = line.split(/: (.*)/s) as [string, string];
      if (name === 'Status') status = Number(value.slice(0, 3));
      else if (name !== '') response.setHeader(name, value ?? '');
    }
    response.writeHead(status).end(bytes.subarray(end + 4));
  });
}

function certificates(folder: string): { caFile: string; key: Buffer; cert: Buffer } {
  const at = (name: string) => join(folder, name);
  const openssl = (...argv: string[]) => execFileSync('/usr/bin/openssl', argv, { cwd: folder, stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  openssl('req', ...newKey, '-keyout', 'host.key', '-out', 'host.csr', '-subj', '/CN=localhost');
  writeFileSync(at('host.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  openssl(
    ...['x509', '-req', '-in', 'host.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'],
    ...['-extfile', 'host.ext', '-out', 'host.pem'],
  );
  return { caFile: at('ca.pem'), key: readFileSync(at('host.key')), cert: readFileSync(at('host.pem')) };
}
