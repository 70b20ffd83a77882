import { type PartRecord, type RequestRecord, type VolumeStore, scrub } from '@slowlane/contracts';
import { partPaths } from '@slowlane/kit';
import type { Readable } from 'node:stream';

export interface Progress {
  /** Number of the file it was read from. */
  step: number;
  /** 0 to 100. */
  percent?: number;
  message?: string;
}

const mostSteps = 999_999;
const mostBytes = 4_096;
const mostLetters = 200;

/**
 * What the driver last said in `progress/000001.json`, `000002.json`, … of its result folder: `{"percent": 40, "message": "…"}`. The newest file is
 * found by doubling and halving from the one that is known (`after`; `undefined` when there is no newer), so a driver that writes a million of them costs forty calls and no list. Whatever is not of this form is left out.
 */
export async function readProgress(
  volumes: VolumeStore,
  request: Pick<RequestRecord, 'resultPath'>,
  part: Pick<PartRecord, 'key' | 'attempt'> & { after?: number },
): Promise<Progress | undefined> {
  if (request.resultPath === undefined) return undefined;
  const folder = `${partPaths(request.resultPath, part.key, part.attempt).result}/progress`;
  const pathOf = (step: number): string => `${folder}/${String(step).padStart(6, '0')}.json`;
  const after = part.after ?? 0;
  const step = await newest((wanted) => volumes.exists(pathOf(wanted)), after);
  if (step === after) return undefined;
  const { stream, size } = await volumes.read(pathOf(step));
  return { step, ...parse(await readSome(stream, size)) };
}

/** Number of the last file of the unbroken row behind `after`; `after` when there is none. */
async function newest(exists: (step: number) => Promise<boolean>, after: number): Promise<number> {
  let low = after;
  let high = after + 1;
  while (high <= mostSteps && (await exists(high))) [low, high] = [high, after + (high - after) * 2];
  high = Math.min(high, mostSteps + 1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await exists(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The empty text when it is larger than a progress file may be. */
async function readSome(stream: Readable, size: number): Promise<string> {
  const chunks: Buffer[] = [];
  let read = 0;
  try {
    if (size > mostBytes) return '';
    for await (const chunk of stream) {
      read += (chunk as Buffer).length;
      if (read > mostBytes) return '';
      chunks.push(chunk as Buffer);
    }
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): Pick<Progress, 'percent' | 'message'> {
  const said = jsonOf(text);
  if (said === null || typeof said !== 'object' || Array.isArray(said)) return {};
  const { percent, message } = said as Record<string, unknown>;
  return {
    ...(typeof percent === 'number' &&
      Number.isFinite(percent) && { percent: Math.round(Math.min(100, Math.max(0, percent)) * 10) / 10 }),
    ...(typeof message === 'string' && {
      message: scrub(message.slice(0, mostLetters).replaceAll(/[\p{C}\u2028\u2029]/gu, ' ')),
    }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
