import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionSyntaxError, StateFailure } from '../../../../local/states/errors.js';
import { compilePath, lookUp, type PathScope, resolvePath } from '../../../../local/states/expressions/jsonPath.js';
import { insertAt } from '../../../../local/states/expressions/referencePath.js';
import type { Json } from '../../../../local/states/json.js';

const input: Json = {
  books: [
    { title: 'A', price: 5, tags: ['x'] },
    { title: 'B', price: 15, sold: { out: true } },
    { title: 'C', price: 25 },
  ],
  'odd.name': { "it's": 1 },
  empty: null,
};
const scope: PathScope = {
  input,
  context: { Execution: { Name: 'run' } },
  variable: (name: string): Json | undefined => (name === 'list' ? [1, 2, 3] : undefined),
};
const find = (text: string) => lookUp(compilePath(text), scope);

describe('paths', () => {
  it.each<[string, Json]>([
    ['$.books[1].price', 15],
    ['$.books[-1].title', 'C'],
    ["$['odd.name']['it\\'s']", 1],
    ['$.empty', null],
    ['$$.Execution.Name', 'run'],
    ['$list', [1, 2, 3]],
    ['$list[0]', 1],
  ])('%s selects one place: %j', (text, value) => {
    expect(find(text)).toEqual(value);
  });

  it.each<[string, Json]>([
    ['$.books[*].title', ['A', 'B', 'C']],
    ['$.books[0:2].title', ['A', 'B']],
    ['$.books[-1:].title', ['C']],
    ['$.books[0,2].title', ['A', 'C']],
    ["$.books[0]['title','price']", ['A', 5]],
    ['$..price', [5, 15, 25]],
    ['$.books[?(@.price > 10)].title', ['B', 'C']],
    ["$.books[?(@.title == 'A' || @.price >= 25)].title", ['A', 'C']],
    ['$.books[?(@.sold.out == true && !(@.tags))].title', ['B']],
    ["$.books[?(@['tags'])].title", ['A']],
    ['$.books[?(@.price > 100)]', []],
    ['$list[?(@ > 1)]', [2, 3]],
  ])('%s selects every match: %j', (text, values) => {
    expect(find(text)).toEqual(values);
  });

  it('finds each filter of a path again when paths look alike', () => {
    expect(find('$.books[?(@.price < 10)].title')).toEqual(['A']);
    expect(find('$.books[?(@.price > 20)].title')).toEqual(['C']);
  });

  it('fails with the name of the path that leads nowhere', () => {
    expect(() => resolvePath(compilePath('$.missing.deep'), scope)).toThrow(
      expect.objectContaining({
        errorName: 'States.ParameterPathFailure',
        message: expect.stringContaining('$.missing.deep'),
      }),
    );
    expect(find('$unknown')).toBeUndefined();
    expect(find('$.books.length')).toBeUndefined();
    expect(find('$.constructor')).toBeUndefined();
  });

  it.each([
    'books',
    '$.books[',
    '$.books[(@.length-1)]',
    '$.books[?(process.exit())]',
    "$.books[?(@.constructor.constructor('return 1')())]",
    '$.books^',
    '$.books~',
    '$.books.length()',
    '$.books[?(@.price > )]',
    "$.books[*]['a;b']",
  ])('%s is refused as text, not run', (text) => {
    expect(() => compilePath(text)).toThrow(ExpressionSyntaxError);
  });
});

describe('reference paths', () => {
  it('put a value where they point and keep everything else', () => {
    expect(insertAt({ a: { b: 1, c: 2 } }, '$.a.b', [9])).toEqual({ a: { b: [9], c: 2 } });
    expect(insertAt({ a: 1 }, '$.new.deep', true)).toEqual({ a: 1, new: { deep: true } });
    expect(insertAt({ a: [1, 2] }, '$.a[1]', 3)).toEqual({ a: [1, 3] });
    expect(insertAt({ a: 1 }, '$', 'all')).toBe('all');
  });

  it('refuse to replace what is no object', () => {
    for (const path of ['$.a.b', '$.a[0]', '$.list[5]']) {
      expect(() => insertAt({ a: 1, list: [0] }, path, 1)).toThrow(StateFailure);
    }
  });

  it('put a value where the same path then finds it', () => {
    const names = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, fc.integer(), (keys, value) => {
        const path = `$${keys.map((key) => `['${key.replaceAll(/[\\']/g, '\\$&')}']`).join('')}`;
        const document = insertAt({}, path, value);
        expect(lookUp(compilePath(path), { ...scope, input: document })).toBe(value);
      }),
    );
  });
});
