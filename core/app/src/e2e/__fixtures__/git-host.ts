import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';

/** A company's git host on loopback: one repository behind TLS, with a CA of its own. */
export interface GitHost {
  /** Address of the repository. */
  url: string;
  /** The CA's certificate, where every account can read it. */
  caBundle: string;
  /** Writes files and commits all on `main`; gives the commit's id. */
  commit(files: Record<string, string>): string;
  close(): Promise<void>;
}

export async function startGitHost(): Promise<GitHost> {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-git-host-'));
  chmodSync(folder, 0o755);
  const repository = join(folder, 'repository');
  const git = (...args: string[]) =>
    execFileSync('/usr/bin/git', ['-C', repository, ...args], { env, encoding: 'utf8' });
  mkdirSync(repository);
  git('init', '--quiet', '--initial-branch=main');
  const server = createServer(certificate(folder), (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    if (pathname === '/team/tides.git/info/refs' && searchParams.get('service') === 'git-upload-pack')
      return uploadPack(repository, { request, response }, ['--http-backend-info-refs']);
    if (pathname === '/team/tides.git/git-upload-pack') return uploadPack(repository, { request, response });
    return response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}/team/tides.git`,
    caBundle: join(folder, 'ca.pem'),
    commit(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(repository, path)), { recursive: true });
        writeFileSync(join(repository, path), text);
      }
      git('add', '--all');
      git('commit', '--quiet', '--message', 'Tides');
      return git('rev-parse', 'HEAD').trim();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

/** The smart protocol: git's own program, which answers one request and ends. */
function uploadPack(
  repository: string,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  options: string[] = [],
): void {
  const isAdvertisement = options.length > 0;
  const protocol = String(request.headers['git-protocol'] ?? '');
  response.setHeader('content-type', `application/x-git-upload-pack-${isAdvertisement ? 'advertisement' : 'result'}`);
  const child = spawn('/usr/bin/git', ['upload-pack', '--stateless-rpc', ...options, repository], {
    env: { ...env, GIT_PROTOCOL: protocol },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Only the second version names no service in its first line.
  if (isAdvertisement && !protocol.includes('version=2')) response.write('001e# service=git-upload-pack\n0000');
  child.stdin.on('error', () => undefined);
  const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  body.pipe(child.stdin);
  child.stdout.pipe(response);
}

function certificate(folder: string): { key: Buffer; cert: Buffer } {
  const openssl = (...args: string[]) => execFileSync('/usr/bin/openssl', args, { cwd: folder, stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Company CA');
  openssl(
    ...['req', '-x509', ...newKey, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'host.key', '-out', 'host.pem'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=CA:FALSE'],
  );
  return { key: readFileSync(join(folder, 'host.key')), cert: readFileSync(join(folder, 'host.pem')) };
}

const env = {
  PATH: '/usr/bin:/bin',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.org',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.org',
};
