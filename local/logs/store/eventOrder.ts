/** A place between two events of a stream: before the event of this time and number. */
export interface EventPosition {
  readonly timestampMs: number;
  readonly sequence: number;
}

/** Behind everything. */
export const tail: EventPosition = { timestampMs: Number.POSITIVE_INFINITY, sequence: 0 };

/** The order of events: by time, those of one time by their number in the stream. */
export function compareEvents(a: EventPosition, b: EventPosition): number {
  if (a.timestampMs !== b.timestampMs) return a.timestampMs < b.timestampMs ? -1 : 1;
  return a.sequence - b.sequence;
}

/** The place right behind an event. */
export function behind({ timestampMs, sequence }: EventPosition): EventPosition {
  return { timestampMs, sequence: sequence + 1 };
}
