import { SlowLaneError } from '@slowlane/contracts';
import { lostConnection } from './lost-connection.ts';
import type { Link } from './schema.ts';
import { createTransport, type Transport } from './transport.ts';
import { workspaceHost } from './workspace-host.ts';

/** Sends to links that carry their own right, so without the workspace's token; often to another host. The rules for hosts and TLS are the same. */
export interface StorageSender {
  send(
    method: 'PUT' | 'DELETE',
    link: Link,
    content: { bytes?: Uint8Array; signal?: AbortSignal | undefined },
  ): Promise<{ etag: string | undefined }>;
  close(): Promise<void>;
}

const timeoutMs = 120_000;

export function createStorageSender(caBundle: string | undefined): StorageSender {
  const transports = new Map<string, Transport>();
  const transportTo = (origin: URL): Transport => {
    const known = transports.get(origin.origin) ?? createTransport(new URL(origin.origin), caBundle);
    transports.set(origin.origin, known);
    return known;
  };
  return {
    async send(method, { url, headers }, { bytes, signal }) {
      const target = workspaceHost(url);
      // Its query is a secret: only the host is named.
      const name = `${method} ${target.origin}`;
      const bound = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
      try {
        const {
          status,
          headers: answered,
          body,
        } = await transportTo(target).send({
          method,
          path: target.pathname + target.search,
          headers: {
            'content-type': 'application/octet-stream',
            ...Object.fromEntries(headers.map((header) => [header.name.toLowerCase(), header.value])),
            ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }),
          },
          body: bytes,
          timeoutMs,
          signal: bound,
        });
        await body.dump();
        if (status < 200 || status > 299)
          throw new SlowLaneError('workspace.rejected', `${name}: ${status} for a part`, { data: { status } });
        const etag = answered['etag'];
        return { etag: typeof etag === 'string' ? etag : undefined };
      } catch (thrown) {
        throw lostConnection(thrown, name, target.origin).error;
      }
    },
    async close() {
      for (const transport of transports.values()) await transport.close();
    },
  };
}
