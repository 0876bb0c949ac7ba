import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { Note } from './rules.js';

/** `States.ALL` stands alone in its list, and the list that holds it is the last; a retrier's longest delay exceeds its first. */
export function checkErrorHandlers(state: JsonObject, path: readonly PropertyKey[], note: Note): void {
  for (const field of ['Retry', 'Catch']) {
    const handlers = state[field];
    if (!Array.isArray(handlers)) continue;
    for (const [index, handler] of handlers.entries()) {
      if (!isJsonObject(handler)) continue;
      const at = [...path, field, index];
      checkAll(handler.ErrorEquals, index === handlers.length - 1, [...at, 'ErrorEquals'], note);
      checkDelays(handler, at, note);
    }
  }
}

function checkAll(names: Json | undefined, isLast: boolean, at: readonly PropertyKey[], note: Note): void {
  if (!Array.isArray(names) || !names.includes('States.ALL')) return;
  if (names.length > 1) note('SCHEMA_VALIDATION_FAILED', at, 'States.ALL must stand alone in ErrorEquals');
  if (!isLast) note('SCHEMA_VALIDATION_FAILED', at, 'States.ALL must be in the last entry of the list');
}

function checkDelays(
  { IntervalSeconds: interval = 1, MaxDelaySeconds: most }: JsonObject,
  at: readonly PropertyKey[],
  note: Note,
): void {
  if (typeof interval === 'number' && typeof most === 'number' && most <= interval) {
    note(
      'SCHEMA_VALIDATION_FAILED',
      [...at, 'MaxDelaySeconds'],
      `must be greater than IntervalSeconds, which is ${interval}`,
    );
  }
}
