import { JSONPath } from 'jsonpath-plus';
import { BoundedCache } from '../boundedCache.js';
import { ExpressionSyntaxError, StateFailure } from '../errors.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { FilterPredicate } from './filter.js';
import { type Path, type PathSegment, parsePath } from './path.js';

/** What the paths of one state can reach. */
export interface PathScope {
  /** `$` */
  input: Json;
  /** `$$` */
  context: JsonObject;
  /** `$name` */
  variable(name: string): Json | undefined;
}

const parsedPaths = new BoundedCache<Path>(5_000);

/** A path, parsed once. @throws ExpressionSyntaxError */
export function compilePath(text: string): Path {
  return parsedPaths.get(text, compileChecked);
}

function compileChecked(text: string): Path {
  const path = parsePath(text);
  if (!path.definite) renderForLibrary(path.segments);
  return path;
}

/**
 * The value that a path selects: the value itself for a definite path, an array of all matches for one with wildcards,
 * slices, filters or descents; undefined when a definite path leads nowhere.
 */
export function lookUp(path: Path, scope: PathScope): Json | undefined {
  const root = rootValue(path, scope);
  if (root === undefined) return undefined;
  return path.definite ? walk(path.segments, root) : search(path, root);
}

/** As `lookUp`, with the failure that a missing value is. @throws StateFailure States.ParameterPathFailure */
export function resolvePath(path: Path, scope: PathScope): Json {
  const value = lookUp(path, scope);
  if (value !== undefined) return value;
  throw new StateFailure('States.ParameterPathFailure', `The JSONPath '${path.text}' could not be found in the input.`);
}

function rootValue({ root }: Path, scope: PathScope): Json | undefined {
  if (root.kind === 'input') return scope.input;
  return root.kind === 'context' ? scope.context : scope.variable(root.name);
}

function walk(segments: readonly PathSegment[], root: Json): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of segments) {
    if (segment.kind === 'key' && isJsonObject(value))
      value = Object.hasOwn(value, segment.key) ? value[segment.key] : undefined;
    else if (segment.kind === 'index' && Array.isArray(value)) value = value.at(segment.index);
    else return undefined;
  }
  return value;
}

/** Searches with the library; its script engine is replaced by a choice among filters that were parsed beforehand. */
function search(path: Path, root: Json): Json[] {
  if (typeof root !== 'object' || root === null) return [];
  const filters = path.segments.flatMap((segment) => (segment.kind === 'filter' ? [segment.matches] : []));
  return JSONPath<Json[]>({
    path: renderForLibrary(path.segments),
    json: root,
    wrap: true,
    sandbox: new Map([[filtersKey, filters]]),
    eval: chooseFilter,
  });
}

const filtersKey = 'filters';

/**
 * Stands in for the library's script engine: `code` is the number of a filter. The library keeps the first such function
 * for ever, so the filters of each call travel in its sandbox.
 */
function chooseFilter(code: string, sandbox: object): boolean {
  if (!(sandbox instanceof Map) || !('_$_v' in sandbox)) return false;
  const filters: FilterPredicate[] = sandbox.get(filtersKey);
  return filters[Number(code)]!(sandbox._$_v as Json);
}

/** Field names that the library takes literally inside `['...']`. */
const literalName = /^[^'"\],;~^`#@$*?:()[\\]+$/u;

function renderForLibrary(segments: readonly PathSegment[]): string {
  let filterCount = 0;
  const render = (segment: PathSegment): string => {
    switch (segment.kind) {
      case 'key':
        return `['${checkedName(segment.key)}']`;
      case 'keys':
        return `['${segment.keys.map(checkedName).join(',')}']`;
      case 'index':
        return segment.index >= 0 ? `[${segment.index}]` : `[${segment.index}:${segment.index + 1 || ''}]`;
      case 'indexes':
        return `[${segment.indexes.join(',')}]`;
      case 'wildcard':
        return '[*]';
      case 'descend':
        return '..';
      case 'slice':
        return `[${segment.text}]`;
      case 'filter':
        return `[?(${filterCount++})]`;
    }
  };
  return `$${segments.map(render).join('')}`;
}

function checkedName(name: string): string {
  if (literalName.test(name)) return name;
  throw new ExpressionSyntaxError(
    `the field name '${name}' cannot be used in a path with wildcards, slices or filters`,
  );
}
