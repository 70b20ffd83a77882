import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type BlobStore, type Logger, type ServedFile, SlowLaneError } from '@slowlane/contracts';
import type { Depot, Taken } from './depot.ts';
import { readGatewayPath, type GatewayPath } from './gateway-path.ts';
import { takeGradleDist } from './gradle-dist.ts';
import { takeMaven } from './maven.ts';
import type { Npm } from './npm.ts';
import type { Page, Pypi } from './pypi.ts';
import { isCorrupt } from './read-whole.ts';
import { respondFailure, respondText, respondWith } from './respond.ts';
import type { FileRecord } from './schema.ts';
import { type Layouts, takeTree, type TreeIndexes } from './tree.ts';
import type { UpstreamBase } from './upstream.ts';
import { takeWebFile, type WebFiles } from './web-files.ts';

export interface Registries {
  bases: ReadonlyMap<string, UpstreamBase>;
  depot: Depot;
  pypi: Pypi;
  npm: Npm;
  /** Of registries that are trees of files. */
  indexes: TreeIndexes;
  /** Single files of hosts that the operator named. */
  web: WebFiles;
  blobs: BlobStore;
  logger: Logger;
}

/** Who asks, and who wants to know what was answered. */
export interface Caller {
  registries: readonly string[];
  mountPath: string;
  /** Of registries that only a plugin knows. */
  layouts?: Layouts;
  onServed(file: ServedFile): void;
  onDenied(path: string, reason: string): void;
}

/** Answers one request. Never rejects: failures become answers, or a cut connection when the answer has begun. */
export async function answer(
  registries: Registries,
  caller: Caller,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const url = request.url ?? '/';
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new SlowLaneError(
        'gateway.denied',
        `${request.method} ${JSON.stringify(url.slice(0, 300))}: only GET and HEAD are served`,
      );
    }
    await serve(registries, caller, { request, response, path: readGatewayPath(url, caller) });
  } catch (error) {
    if (response.destroyed || isAbort(error)) return void response.destroy();
    if (error instanceof SlowLaneError) caller.onDenied(url.slice(0, 300), `${error.code}: ${error.message}`);
    registries.logger.warn(
      { method: request.method, url: url.slice(0, 300), reason: (error as Error).message },
      'gateway request failed',
    );
    respondFailure(response, error);
  }
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  path: GatewayPath;
}

async function serve(registries: Registries, caller: Caller, exchange: Exchange): Promise<void> {
  const { response, path } = exchange;
  if (path.kind === 'web') {
    return serveFile(registries, caller, exchange, async () => takeWebFile(registries.web, path));
  }
  const base = registries.bases.get(path.registry);
  if (base === undefined) {
    throw new SlowLaneError('gateway.denied', `registry ${JSON.stringify(path.registry)} has no upstream`, {
      hint: 'Set one under registries in slowlane.yaml.',
    });
  }
  switch (path.kind) {
    case 'nothing':
      return respondText(response, 404, `${path.path}: nothing here`);
    case 'redirect':
      return respondText(response, 301, path.location, { location: path.location });
    case 'maven':
      return serveFile(registries, caller, exchange, () => takeMaven(registries.depot, registries.blobs, path, base));
    case 'gradle-dist':
      return serveFile(registries, caller, exchange, () =>
        takeGradleDist(registries.depot, registries.blobs, path, base),
      );
    case 'tree':
      return serveFile(registries, caller, exchange, () => takeTree(registries.depot, path, base, registries.indexes));
    case 'pypi-file':
      return serveFile(registries, caller, exchange, () => registries.pypi.file(path, base));
    case 'pypi-project':
      response.setHeader('vary', 'accept');
      return servePage(caller, { ...exchange, path }, () =>
        registries.pypi.page(path, base, {
          accept: exchange.request.headers.accept ?? '',
          mountPath: caller.mountPath,
        }),
      );
    case 'npm-package':
      return servePage(caller, { ...exchange, path }, () =>
        registries.npm.page(path, base, originOf(exchange.request) + caller.mountPath),
      );
    case 'npm-file':
      return serveFile(registries, caller, exchange, () => registries.npm.file(path, base));
  }
}

/** npm wants whole addresses; the caller's own word for this host is the one that leads back here. */
function originOf({ headers }: IncomingMessage): string {
  const host = headers.host ?? '';
  if (!/^[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$/.test(host))
    throw new SlowLaneError('gateway.denied', `host ${JSON.stringify(host.slice(0, 300))}: not a host name`);
  return `http://${host}`;
}

async function servePage(
  caller: Caller,
  exchange: Exchange & { path: { path: string } },
  make: () => Promise<Page | undefined>,
): Promise<void> {
  const { request, response, path } = exchange;
  const page = await make();
  if (page === undefined) return respondText(response, 404, `${request.url}: the registry has no such project`);
  if (request.method === 'GET')
    caller.onServed({ path: path.path, digest: page.digest, size: page.body.length, immutable: false });
  await respondWith(request, response, {
    stream: Readable.from([page.body]),
    size: page.body.length,
    contentType: page.contentType,
    digest: page.digest,
  });
}

async function serveFile(
  registries: Registries,
  caller: Caller,
  exchange: Exchange,
  take: () => Promise<Taken | undefined>,
): Promise<void> {
  const { request, response } = exchange;
  const opened = await openTaken(registries, take);
  if (opened === undefined) return respondText(response, 404, `${request.url}: the registry does not have it`);
  const isGet = request.method === 'GET';
  // Written down before the client can have the last byte: a build that ends right after it is asked for its files at once.
  void opened.record.then(
    ({ path, digest, size, immutable }) => isGet && caller.onServed({ path, digest, size, immutable }),
    () => undefined,
  );
  try {
    await respondWith(request, response, opened.body);
  } catch (error) {
    if (isCorrupt(error) && opened.known !== undefined) await registries.depot.reportLost(opened.known);
    throw error;
  }
  await opened.record;
}

interface Opened {
  body: Parameters<typeof respondWith>[2];
  record: Promise<FileRecord>;
  known: FileRecord | undefined;
}

/** Bytes of what was taken. A blob that the store has lost is fetched once more, before anything was answered. */
async function openTaken(registries: Registries, take: () => Promise<Taken | undefined>): Promise<Opened | undefined> {
  for (let attempt = 1; ; attempt++) {
    const taken = await take();
    if (taken === undefined) return undefined;
    if ('live' in taken) {
      return { body: { stream: taken.live, ...taken.head }, record: taken.done, known: undefined };
    }
    const { record } = taken;
    try {
      const { stream, size } = await registries.blobs.open(record.digest);
      const body = {
        stream,
        size,
        contentType: record.contentType,
        lastModified: record.lastModified,
        digest: record.digest,
      };
      return { body, record: Promise.resolve(record), known: record };
    } catch (error) {
      if (!isCorrupt(error) || attempt > 1) throw error;
      await registries.depot.reportLost(record);
    }
  }
}

/** The client has gone: nobody is left to be told. */
function isAbort(error: unknown): boolean {
  return (error as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE';
}
