import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderBlobStore } from '@slowlane/artifacts';
import type { BlobStore, Logger } from '@slowlane/contracts';
import { createGateway, type Gateway, type GatewayOptions } from '../gateway.ts';

export interface OpenGateway {
  gateway: Gateway;
  blobs: BlobStore;
  folder: string;
  /** Messages logged at the level error. */
  alarms: string[];
  /** The same folder and store, another instance: as after a restart. */
  reopen(options?: Partial<GatewayOptions>): Promise<Gateway>;
  /** Moves the gateway's clock. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function openGateway(
  upstreams: Record<string, string>,
  options: Partial<GatewayOptions> = {},
): Promise<OpenGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gw-'));
  const blobs = createFolderBlobStore(join(folder, 'blobs'));
  const alarms: string[] = [];
  const opened: Gateway[] = [];
  let clock = 1_000_000;
  const silent = () => undefined;
  const logger: Logger = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (_fields, message) => void alarms.push(message),
  };
  const reopen = async (more: Partial<GatewayOptions> = {}) => {
    const gateway = await createGateway({
      stateDir: join(folder, 'state'),
      socketsDir: join(folder, 's'),
      upstreams,
      caBundle: undefined,
      blobs,
      logger,
      now: () => clock,
      ...options,
      ...more,
      limits: { retryDelayMs: 1, ...options.limits, ...more.limits },
    });
    opened.push(gateway);
    return gateway;
  };
  return {
    gateway: await reopen(),
    blobs,
    folder,
    alarms,
    reopen,
    advance: (ms) => void (clock += ms),
    async close() {
      await Promise.all(opened.map((gateway) => gateway.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
