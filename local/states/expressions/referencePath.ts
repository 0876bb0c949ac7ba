import { StateFailure } from '../errors.js';
import { isJsonObject, type Json } from '../json.js';
import { compilePath } from './jsonPath.js';
import type { PathSegment } from './path.js';

/**
 * Puts a value into a copy of a document at the place that a reference path (`ResultPath`) names, making objects on the
 * way where there are none.
 *
 * @throws StateFailure States.ResultPathMatchFailure where the document cannot hold the value.
 */
export function insertAt(document: Json, referencePath: string, value: Json): Json {
  return insert(document, compilePath(referencePath).segments, value, referencePath);
}

function insert(document: Json | undefined, segments: readonly PathSegment[], value: Json, text: string): Json {
  const [segment, ...rest] = segments;
  if (segment === undefined) return value;
  if (segment.kind === 'index') {
    if (!Array.isArray(document) || segment.index >= document.length || segment.index < 0) throw mismatch(text);
    return document.map((item, index) => (index === segment.index ? insert(item, rest, value, text) : item));
  }
  if (segment.kind !== 'key') throw mismatch(text);
  if (document !== undefined && !isJsonObject(document)) throw mismatch(text);
  const own = document && Object.hasOwn(document, segment.key) ? document[segment.key] : undefined;
  const entries = Object.entries(document ?? {}).filter(([key]) => key !== segment.key);
  return Object.fromEntries([...entries, [segment.key, insert(own, rest, value, text)]]);
}

function mismatch(text: string): StateFailure {
  return new StateFailure(
    'States.ResultPathMatchFailure',
    `Unable to apply the ReferencePath '${text}' to the input: it does not lead through objects and existing array elements.`,
  );
}
