import { SlowLaneError, errorCodes } from '@slowlane/contracts';
import type { ErrorCode } from '@slowlane/contracts';
import type { AnswerSchema, Reply } from './schema.ts';

/** The answer in the contract's form. Throws the plugin's refusal as a user error, and `plugin.failed` for everything else it may have sent. */
export function checkAnswer<T>(reply: Reply, of: { plugin: string; method: string; schema: AnswerSchema<T> }): T {
  if (reply.refusal !== undefined) throw refusal(reply.refusal, of);
  if (reply.threw !== undefined) throw pluginFailed(of.plugin, `threw in ${of.method}: ${reply.threw.slice(0, 2_000)}`);
  const parsed = of.schema.safeParse(reply.answer);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw pluginFailed(
    of.plugin,
    `answered ${of.method} against the contract: ${issue?.path.join('.') || 'answer'}: ${issue?.message}`,
  );
}

export function pluginFailed(plugin: string, what: string): SlowLaneError {
  return new SlowLaneError('plugin.failed', `plugin ${plugin} ${what}`, { data: { plugin } });
}

function refusal(refused: NonNullable<Reply['refusal']>, of: { plugin: string; method: string }): SlowLaneError {
  if (!isRefusalCode(refused.code))
    return pluginFailed(of.plugin, `refused in ${of.method} with a code that plugins may not use: ${refused.code}`);
  return new SlowLaneError(refused.code, refused.message, {
    ...(refused.hint === undefined ? {} : { hint: refused.hint }),
    data: { plugin: of.plugin, candidates: refused.candidates },
  });
}

function isRefusalCode(code: string): code is ErrorCode {
  const isAllowed = code === 'plan.refused' || code === 'detect.failed' || code.startsWith('artifact.');
  return isAllowed && Object.hasOwn(errorCodes, code) && errorCodes[code as ErrorCode].kind === 'user';
}
