import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Json, type JsonObject, SlowLaneError } from '@slowlane/contracts';
import type { Evaluated, Evaluation } from './expression-worker.ts';

/** Evaluates JSONata on JSON, bounded in time, memory and size, whatever author and caller put together. */
export interface ExpressionEvaluator {
  /** `undefined` when the expression has no value for this input. Throws `mediate.failed`; `step` names the place in the pipeline file for its message. */
  evaluate(step: string, expression: string, input: JsonObject): Promise<Json | undefined>;
  close(): Promise<void>;
}

const softMs = 1_000;
/** JSONata looks at its clock between steps; a pattern that backtracks is one step and only ends with its thread. */
const hardMs = 2_000;
const mostBytes = 1_048_576;
const idleMs = 60_000;
const memoryMb = 64;

/**
 * One thread, started with the first expression and ended when none came for a minute; evaluations take turns. One that outruns its time or memory
 * ends with the thread, and the next gets a new one.
 */
export function createExpressionEvaluator(limits: { softMs?: number; hardMs?: number } = {}): ExpressionEvaluator {
  const times = { softMs, hardMs, ...limits };
  let worker: Worker | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  async function stop(): Promise<void> {
    clearTimeout(idle);
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  }

  async function take(step: string, evaluation: Evaluation): Promise<Json | undefined> {
    clearTimeout(idle);
    worker ??= await startWorker();
    const evaluated = await oneEvaluation(worker, evaluation, times.hardMs);
    if (evaluated === 'ended') await stop();
    else idle = setTimeout(() => void stop(), idleMs).unref();
    return valueOf(step, evaluated, times.hardMs);
  }

  return {
    evaluate(step, expression, input) {
      const text = JSON.stringify(input);
      if (text.length > mostBytes)
        return Promise.reject(
          failed(step, `the body has ${text.length} characters, at most ${mostBytes} are evaluated`),
        );
      const mine = turn.then(() => take(step, { expression, input: text, timeoutMs: times.softMs }));
      turn = mine.catch(() => undefined);
      return mine;
    },
    close: stop,
  };
}

/** Resolves when the thread has loaded its code, so that no evaluation pays for that from its own time. */
async function startWorker(): Promise<Worker> {
  const resourceLimits = { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 16 };
  const file = new URL('./expression-worker.ts', import.meta.url);
  const worker = new Worker(file, { env: {}, execArgv: [], resourceLimits });
  await once(worker, 'message');
  worker.on('error', () => undefined);
  worker.unref();
  return worker;
}

function oneEvaluation(worker: Worker, evaluation: Evaluation, limitMs: number): Promise<Evaluated | 'ended'> {
  return new Promise((resolve) => {
    const settle = (result: Evaluated | 'ended'): void => {
      clearTimeout(timer);
      worker.off('message', settle);
      worker.off('exit', ended);
      worker.unref();
      resolve(result);
    };
    const ended = (): void => settle('ended');
    const timer = setTimeout(ended, limitMs);
    worker.on('message', settle);
    worker.on('exit', ended);
    worker.ref();
    worker.postMessage(evaluation);
  });
}

function valueOf(step: string, evaluated: Evaluated | 'ended', limitMs: number): Json | undefined {
  if (evaluated === 'ended') throw failed(step, `the expression took more than ${limitMs} ms or ${memoryMb} MB`);
  if ('error' in evaluated) throw failed(step, evaluated.error);
  if (evaluated.json === undefined) return undefined;
  if (evaluated.json.length > mostBytes)
    throw failed(step, `the value has ${evaluated.json.length} characters, at most ${mostBytes} are kept`);
  return JSON.parse(evaluated.json) as Json;
}

function failed(step: string, problem: string): SlowLaneError {
  return new SlowLaneError('mediate.failed', `${step}: ${problem}`, { data: { step } });
}
