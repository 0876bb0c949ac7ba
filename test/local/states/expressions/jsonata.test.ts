import { describe, expect, it } from 'vitest';
import { EvaluationFailure, ExpressionSyntaxError } from '../../../../local/states/errors.js';
import { checkJsonata, evaluateJsonata } from '../../../../local/states/expressions/jsonata.js';
import type { Json } from '../../../../local/states/json.js';

const scope = {
  states: { input: { list: [1, 2, 3], text: `${'a'.repeat(40)}b` }, context: { State: { Name: 'S' } } },
  variables: new Map<string, Json>([['plan', { ranks: [0, 1, 2, 3, 4] }]]),
  random: () => 0.25,
};
const evaluate = (template: Json) => evaluateJsonata(template, 'Output', scope);

describe('JSONata in a definition', () => {
  it('is evaluated wherever it stands in a template; other text stays', async () => {
    expect(
      await evaluate({ a: '{% $sum($states.input.list) %}', b: ['{% $plan.ranks[1] %}', 'plain {% 1 %}'], c: 4 }),
    ).toEqual({
      a: 6,
      b: [1, 'plain {% 1 %}'],
      c: 4,
    });
  });

  it.each<[string, Json]>([
    ['$partition($plan.ranks, 2)', [[0, 1], [2, 3], [4]]],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ["$hash('a', 'SHA-256')", 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['$parse(\'{"a": [1, null]}\')', { a: [1, null] }],
    ['$random()', 0.25],
    ['$random(7) = $random(7)', true],
    ['[0..0]', [0]],
    ["$match('abcabc', /b(c)/)[1].index", 4],
    ["$pad('a', 3, '-') & $pad('b', -2)", 'a-- b'],
    ['$states.context.State.Name', 'S'],
  ])('{%% %s %%} gives %j', async (expression, value) => {
    expect(await evaluate(`{% ${expression} %}`)).toEqual(value);
  });

  it('$uuid gives a fresh identifier', async () => {
    expect(await evaluate('{% $uuid() %}')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[string, RegExp]>([
    ['$missing', /returned nothing \(undefined\)/],
    ['function($x) { $x }', /returned a function/],
    ['{"f": $sum}', /returned a function/],
    ["'a' + 1", /T2001/],
    ['$error("my words")', /my words/],
    ['($f := function($n) { 1 + $f($n + 1) }; $f(0))', /Stack overflow/],
    ['[1..9999999]', /sequence length/],
    ["$pad('', 100000000)", /\$pad makes/],
    ['$match($states.input.text, /(a+)+$/)', /timed out/],
    ['$partition($plan.ranks, 0)', /\$partition/],
    ['$parse("{")', /JSON/],
  ])('{%% %s %%} fails as a query, within bounds', async (expression, reason) => {
    const failed = evaluate(`{% ${expression} %}`);
    await expect(failed).rejects.toThrow(EvaluationFailure);
    await expect(failed).rejects.toMatchObject({ errorName: 'States.QueryEvaluationError', location: 'Output' });
    await expect(failed).rejects.toThrow(reason);
  });

  it('names the field inside a template that failed', async () => {
    await expect(evaluate({ deep: [1, '{% $missing %}'] })).rejects.toMatchObject({ location: 'Output/deep[1]' });
  });

  it.each(['{% 1 + %}', '{% $eval("1") %}', '{% ( %}', '{% unfinished'])('%s is refused before it runs', (text) => {
    expect(() => checkJsonata(text)).toThrow(ExpressionSyntaxError);
  });
});
