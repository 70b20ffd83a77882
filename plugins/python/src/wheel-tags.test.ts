import { describe, expect, it } from 'vitest';
import { wheelFits } from './wheel-tags.ts';

describe('wheelFits', () => {
  it.each([
    ['a-1.0-py3-none-any.whl', true],
    ['a-1.0-py2.py3-none-any.whl', true],
    ['a-1.0-py310-none-any.whl', true],
    ['a-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', true],
    ['a-1.0-1build-cp39-abi3-manylinux_2_17_x86_64.whl', true],
    ['a-1.0-cp311-cp311-manylinux_2_17_x86_64.whl', false],
    ['a-1.0-cp313-abi3-linux_x86_64.whl', false],
    ['a-1.0-py2-none-any.whl', false],
    ['job.py', undefined],
  ])('%s in Python 3.12: %s', (name, fits) => expect(wheelFits(name, '3.12')).toBe(fits));
});
