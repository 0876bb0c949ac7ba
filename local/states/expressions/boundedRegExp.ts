import { createContext, Script } from 'node:vm';

/** A search by one regular expression of a definition may take this long, in milliseconds. */
const searchLimitMs = 1_000;

const sandbox = createContext({ search: (): unknown => null });
const runSearch = new Script('search()');

/** A regular expression whose searches are cut off, so that a pattern with catastrophic backtracking cannot stop the service. */
class BoundedRegExp extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    let match: RegExpExecArray | null = null;
    sandbox.search = () => {
      match = super.exec(text);
    };
    runSearch.runInContext(sandbox, { timeout: searchLimitMs });
    return match;
  }
}

/** Stands in for `RegExp` where JSONata makes its regular expressions. */
export const boundedRegExpEngine: RegExpConstructor = new Proxy(RegExp, {
  construct: (_target, [pattern, flags]: [RegExp | string, string?]) => new BoundedRegExp(pattern, flags),
});
