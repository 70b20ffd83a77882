import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '@slowlane/contracts';
import { generatedDocs } from './generated-docs.ts';

const docs = new URL('../../../../docs/', import.meta.url);

describe('the reference pages', () => {
  it.each([...generatedDocs()])('%s is what the code says (else run: npm run docs)', (path, text) => {
    expect(readFileSync(new URL(path, docs), 'utf8')).toBe(text);
  });

  it('name every error code, and no code that does not exist', () => {
    const named = [...readFileSync(new URL('errors.md', docs), 'utf8').matchAll(/^\| `([^`]+)`/gm)].map(
      (match) => match[1],
    );
    expect(named.sort()).toEqual(Object.keys(errorCodes).sort());
  });
});
