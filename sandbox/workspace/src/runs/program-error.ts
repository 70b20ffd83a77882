export interface ProgramError {
  error: string;
  trace?: string;
}

/**
 * The exception that ended a program, found in what it printed: the last Python traceback, or the JVM's `Exception in thread "main"`.
 * `undefined` where the program said nothing of the kind.
 *
 * @example findProgramError('Exception in thread "main" java.lang.RuntimeException: no\n\tat A.main(A.java:3)\n')?.error // 'java.lang.RuntimeException: no'
 */
export function findProgramError(text: string): ProgramError | undefined {
  return findPythonError(text) ?? findJavaError(text);
}

const tracebackHead = 'Traceback (most recent call last):';
/** How Python joins the tracebacks of an exception and its cause. */
const joints = [
  'During handling of the above exception, another exception occurred:',
  'The above exception was the direct cause of the following exception:',
];

function findPythonError(text: string): ProgramError | undefined {
  const lines = text.split('\n');
  const last = lines.findLastIndex((line) => line.startsWith(tracebackHead));
  if (last < 0) return undefined;
  // Frames are indented; the first line that is not is the exception.
  const at = lines.findIndex((line, index) => index > last && line !== '' && !line.startsWith(' '));
  if (at < 0) return undefined;
  return {
    error: lines[at] as string,
    trace: lines.slice(chainStart(lines, last), traceEnd(lines, at)).join('\n').trimEnd(),
  };
}

function chainStart(lines: readonly string[], last: number): number {
  let start = last;
  for (;;) {
    const joint = lines.slice(0, start).findLastIndex((line) => line.trim() !== '');
    if (joint < 0 || !joints.includes(lines[joint] as string)) return start;
    const earlier = lines.slice(0, joint).findLastIndex((line) => line.startsWith(tracebackHead));
    if (earlier < 0) return start;
    start = earlier;
  }
}

/** An exception's message may have many lines; Spark's own log lines begin with a date. */
function traceEnd(lines: readonly string[], from: number): number {
  const end = lines.findIndex((line, index) => index > from && /^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d /.test(line));
  return end < 0 ? lines.length : end;
}

function findJavaError(text: string): ProgramError | undefined {
  const lines = text.split('\n');
  const at = lines.findLastIndex((line) => /^Exception in thread "[^"]{1,200}" /.test(line));
  if (at < 0) return undefined;
  const error = (lines[at] as string).replace(/^Exception in thread "[^"]{1,200}" /, '');
  return { error, trace: [error, ...lines.slice(at + 1, traceEnd(lines, at))].join('\n').trimEnd() };
}
