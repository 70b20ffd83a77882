import { afterEach, describe, expect, it } from 'vitest';
import { type ExpressionEvaluator, createExpressionEvaluator } from './expression-evaluator.ts';

let evaluator: ExpressionEvaluator;

afterEach(() => evaluator.close());

function evaluate(expression: string, input = {}, limits = {}): Promise<unknown> {
  evaluator = createExpressionEvaluator(limits);
  return evaluator.evaluate('operation.mediate.enrich.x', expression, input);
}

describe('expressions', () => {
  it('see the body and give JSON', async () => {
    expect(await evaluate('{"total": $sum(prices), "who": $uppercase(name)}', { prices: [1, 2.5], name: 'a' })).toEqual(
      { total: 3.5, who: 'A' },
    );
  });

  it('may have no value', async () => {
    expect(await evaluate('nothing.here')).toBeUndefined();
  });

  it.each(['$sum', 'function($x){ $x }', '{"a": [$uppercase]}'])('must not give a function: %s', async (expression) => {
    await expect(evaluate(expression)).rejects.toThrow('the value is or holds a function');
  });

  it('are answered in the order they came', async () => {
    evaluator = createExpressionEvaluator();
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    expect(await Promise.all(numbers.map((n) => evaluator.evaluate('x', 'n * 2', { n })))).toEqual(
      numbers.map((n) => n * 2),
    );
  });

  it('tell the place in the file and the position when they fail', async () => {
    await expect(evaluate('month + "x"', { month: 3 })).rejects.toMatchObject({
      code: 'mediate.failed',
      message: expect.stringMatching(/^operation\.mediate\.enrich\.x: .*right side.*at character \d+/) as string,
    });
  });

  it('are ended when they run without end, and the next one works', async () => {
    await expect(evaluate('($f := function($n){ $f($n + 1) }; $f(0))', {}, { softMs: 200 })).rejects.toMatchObject({
      code: 'mediate.failed',
    });
    expect(await evaluator.evaluate('x', '1 + 1', {})).toBe(2);
  });

  it('are ended when a pattern backtracks without end, and those that wait for their turn still get it', async () => {
    const stuck = evaluate('$match(text, /^(a+)+$/)', { text: `${'a'.repeat(40)}!` }, { hardMs: 300 });
    const next = evaluator.evaluate('x', '2 * 2', {});
    await expect(stuck).rejects.toMatchObject({ message: expect.stringContaining('took more than 300 ms') as string });
    expect(await next).toBe(4);
  });

  it.each([
    ['a padding', '$pad("", 500000000, "x")'],
    ['a range', '[1..9000000]'],
    [
      'a text that doubles',
      '($f := function($s, $n){ $n = 0 ? $length($s) : $f($s & $s, $n - 1) }; $f("aaaaaaaa", 28))',
    ],
    [
      'an object that doubles',
      '($f := function($o, $n){ $n = 0 ? $string($o) : $f({"a": $o, "b": $o}, $n - 1) }; $f({}, 30))',
    ],
    ['many long texts', '($t := $pad("", 900000); $join($map([1..900], function(){ $t })))'],
    ['a long separator', '$join($map([1..900], function(){ "a" }), $pad("", 900000))'],
    ['a replacement', '$replace($pad("", 900000, "a"), "a", $pad("", 900000))'],
    ['characters of a long text', '$split($pad("", 9000000, "x"), "")'],
    ['what it collects', '($f := function($a, $n){ $f($append($a, [1..90000]), $n + 1) }; $f([], 0))'],
    ['an expression in an expression', '$eval("[1..9000000]")'],
  ])('cannot eat memory with %s', async (_name, bomb) => {
    await expect(evaluate(bomb)).rejects.toMatchObject({ code: 'mediate.failed' });
    expect(await evaluator.evaluate('x', '1 + 1', {})).toBe(2);
  });

  it('may still pad and join', async () => {
    expect(
      await evaluate(
        '[$pad("a", 3), $pad("a", -4, "#-"), $pad("ü", -3, "0"), $join(["x", "y"], "/"), $join(["x", "y"])]',
      ),
    ).toEqual(['a  ', '#-#a', '00ü', 'x/y', 'xy']);
  });

  it('cannot reach the process', async () => {
    await expect(evaluate('$constructor("return process")()')).rejects.toMatchObject({ code: 'mediate.failed' });
  });
});
