import { describe, expect, it } from 'vitest';
import { findProgramError } from './program-error.ts';

describe('the error of a program', () => {
  it('is the exception of a JVM with its causes', () => {
    const found = findProgramError(
      'WARNING: x\nException in thread "main" java.lang.RuntimeException: a\n\tat A.main(A.java:1)\nCaused by: B\n\t... 2 more\n25/01/01 10:00:00 WARN X: bye\n',
    );
    expect(found).toEqual({
      error: 'java.lang.RuntimeException: a',
      trace: 'java.lang.RuntimeException: a\n\tat A.main(A.java:1)\nCaused by: B\n\t... 2 more',
    });
  });

  it('is the last traceback of Python, with the chain that led to it', () => {
    const first =
      'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    1/0\nZeroDivisionError: division by zero';
    const joint = '\nDuring handling of the above exception, another exception occurred:\n';
    const second =
      'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    raise ValueError("two\\nlines")\nValueError: two\nlines';
    const found = findProgramError(`noise\n${first}\n${joint}\n${second}\n`);
    expect(found?.error).toBe('ValueError: two');
    expect(found?.trace).toBe(`${first}\n${joint}\n${second}`);
  });

  it('is nothing where the program printed no exception', () => {
    expect(findProgramError('Exception handling is fun\nTraceback: none\n')).toBeUndefined();
  });
});
