import type { Readable } from 'node:stream';
import { type Json, SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import { parse as parseCsv } from 'csv-parse/sync';

const mostBytes = 8_388_608;

/**
 * The values of a file on a volume: elements of a JSON list, lines of JSON lines, rows of a CSV file as objects by its header (texts). At most 8 MiB.
 * Throws `mediate.failed` that names step and file; a workspace that does not answer stays temporary.
 */
export async function readValues(
  volumes: VolumeStore,
  path: string,
  step: string,
): Promise<{ values: Json[]; bytes: number }> {
  const text = await readText(volumes, path, step);
  try {
    return { values: valuesIn(path, text), bytes: text.length };
  } catch (cause) {
    throw failed(step, `"${path}" cannot be read: ${(cause as Error).message}`, cause);
  }
}

async function readText(volumes: VolumeStore, path: string, step: string): Promise<string> {
  const { stream, size } = await open(volumes, path, step);
  if (size > mostBytes) {
    stream.destroy();
    throw failed(step, `"${path}" has ${size} bytes, at most ${mostBytes} are read`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length;
    // The size may be wrong, or the file grow.
    if (bytes > mostBytes) throw failed(step, `"${path}" has more than ${mostBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

async function open(volumes: VolumeStore, path: string, step: string): Promise<{ stream: Readable; size: number }> {
  if (path.split('/').some((segment) => segment === '.' || segment === '..'))
    throw failed(step, `"${path}" walks out of its folder`);
  try {
    return await volumes.read(path);
  } catch (error) {
    if (error instanceof SlowLaneError && error.code === 'workspace.not-found')
      throw failed(step, `there is no file "${path}"`, error);
    throw error;
  }
}

function valuesIn(path: string, text: string): Json[] {
  if (path.endsWith('.csv')) return parseCsv(text, { columns: true, skip_empty_lines: true, trim: true }) as Json[];
  if (path.endsWith('.jsonl'))
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as Json);
  const list = JSON.parse(text) as Json;
  if (!Array.isArray(list)) throw new Error('it is not a JSON list');
  return list;
}

function failed(step: string, problem: string, cause?: unknown): SlowLaneError {
  return new SlowLaneError('mediate.failed', `${step}: ${problem}`, {
    data: { step },
    ...(cause === undefined ? {} : { cause }),
  });
}
