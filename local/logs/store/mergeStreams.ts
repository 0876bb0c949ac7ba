import { compareEvents } from './eventOrder.js';
import type { LogStream, StoredEvent } from './logStream.js';

/** The event at which a merge goes on. */
export interface MergeCursor {
  readonly timestampMs: number;
  readonly streamName: string;
  readonly sequence: number;
}

interface Source {
  readonly stream: LogStream;
  readonly events: AsyncGenerator<StoredEvent>;
  next: StoredEvent;
}

/**
 * The events of several streams in the order of their times; events of one time in the order of the streams.
 *
 * @param startMs first time, inclusive.
 * @param endMs last time, inclusive.
 * @param cursor the first event to give, of those that an earlier merge would have given.
 */
export async function* mergeStreams(
  streams: readonly LogStream[],
  startMs: number,
  endMs: number,
  cursor?: MergeCursor,
): AsyncGenerator<{ stream: LogStream; event: StoredEvent }> {
  const sources: Source[] = [];
  for (const stream of streams) {
    const { lastTimestampMs = Number.NEGATIVE_INFINITY } = await stream.summary();
    if (lastTimestampMs < startMs) continue;
    const events = stream.forward(startOf(stream, startMs, cursor));
    const { value, done } = await events.next();
    if (!done && value.timestampMs <= endMs) sources.push({ stream, events, next: value });
  }
  while (sources.length > 0) {
    const source = sources.reduce((first, other) => (compareSources(other, first) < 0 ? other : first));
    yield { stream: source.stream, event: source.next };
    const { value, done } = await source.events.next();
    if (done || value.timestampMs > endMs) sources.splice(sources.indexOf(source), 1);
    else source.next = value;
  }
}

function startOf(stream: LogStream, startMs: number, cursor: MergeCursor | undefined) {
  if (!cursor) return { timestampMs: startMs, sequence: 0 };
  const { timestampMs, streamName, sequence } = cursor;
  if (stream.name === streamName) return { timestampMs, sequence };
  // Streams before the cursor's have given all events of its time, the others none.
  return { timestampMs: stream.name < streamName ? timestampMs + 1 : timestampMs, sequence: 0 };
}

function compareSources(a: Source, b: Source): number {
  if (a.next.timestampMs !== b.next.timestampMs) return compareEvents(a.next, b.next);
  return a.stream.name < b.stream.name ? -1 : 1;
}
