import { type Logger, SlowLaneError } from '@slowlane/contracts';
import { type Attempt, type AttemptContext, type Reader, attempt } from './attempt.ts';
import type { Bearer } from './bearer.ts';
import { type Call, type Caller, nameOf } from './call.ts';
import type { CallOptions } from './databricks-client.ts';
import { decideRetry } from './decide-retry.ts';
import { parseLossless } from './lossless-json.ts';
import type { WireResponse } from './transport.ts';

export interface CallerContext extends AttemptContext {
  bearer: Bearer;
  logger: Logger;
}

/** Sends calls, and repeats what may be repeated within its budget. */
export function createCaller(context: CallerContext): Caller {
  return {
    json: (call, options = {}) => send(context, call, options, (response) => readJson(response, call)),
    raw: (call, options = {}) => send(context, call, options, (response) => Promise.resolve(response)),
  };
}

const defaultBudgetMs = 60_000;

async function send<T>(context: CallerContext, call: Call, options: CallOptions, read: Reader<T>): Promise<T> {
  const startedAt = context.clock.now();
  let renewed = false;
  for (let count = 1; ; count++) {
    const result = await attempt(context, call, options, read);
    if ('value' in result) return result.value;
    if (!renewed && result.refused !== undefined && context.bearer.renew(result.refused)) {
      renewed = true;
      continue;
    }
    const delayMs = delayOf(result, call, {
      attempt: count,
      elapsedMs: context.clock.now() - startedAt,
      budgetMs: options.retryBudgetMs ?? defaultBudgetMs,
    });
    if (delayMs === undefined) throw result.error;
    context.logger.debug({ call: nameOf(call), count, delayMs, code: result.error.code }, 'workspace call is repeated');
    await context.clock.sleep(delayMs, options.signal);
  }
}

function delayOf(
  result: Exclude<Attempt<unknown>, { value: unknown }>,
  call: Call,
  state: { attempt: number; elapsedMs: number; budgetMs: number },
): number | undefined {
  if (result.failure.how === 'final') return undefined;
  const decision = decideRetry(result.failure, { ...state, repeatable: call.repeatable, jitter: Math.random() });
  return decision.retry ? decision.delayMs : undefined;
}

async function readJson(response: WireResponse, call: Call): Promise<unknown> {
  const text = await response.body.text();
  if (text.trim() === '') return {};
  try {
    return parseLossless(text);
  } catch (cause) {
    const message = `${nameOf(call)}: ${response.status}, but the answer is not JSON: "${text.trim().slice(0, 120)}"`;
    throw new SlowLaneError('workspace.rejected', message, {
      hint: 'Check the address of the workspace in slowlane.yaml: this may be a login page.',
      cause,
      data: { status: response.status, call: nameOf(call) },
    });
  }
}
