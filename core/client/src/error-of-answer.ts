import { type ErrorCode, errorCodes, Problem, SlowLaneError } from '@slowlane/contracts';

/** The error that a refused call stands for: a problem document, or whatever else answered at that address. */
export async function errorOfAnswer(answer: Response, url: URL): Promise<SlowLaneError> {
  const text = await answer.text().catch(() => '');
  const problem = problemIn(text);
  if (problem === undefined) {
    return new SlowLaneError(
      'platform.unexpected',
      `${url.origin} answered ${answer.status} with no problem document`,
      {
        hint: 'Is this the address of a Slow Lane?',
      },
    );
  }
  const { code, detail, hint, correlationId, data } = problem;
  const known = isErrorCode(code) ? code : 'platform.unexpected';
  return new SlowLaneError(known, known === code ? detail : `${code}: ${detail}`, {
    hint,
    data: { ...data, ...(correlationId === undefined ? {} : { correlationId }), ...retryAfter(answer) },
  });
}

function problemIn(text: string): Problem | undefined {
  try {
    return Problem.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function retryAfter(answer: Response): { retryAfterSeconds?: number } {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {};
}
