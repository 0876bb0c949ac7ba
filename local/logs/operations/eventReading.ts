import { z } from 'zod';
import { InvalidParameterError, ResourceNotFoundError } from '../errors.js';
import { compileFilterPattern } from '../filter/filterPattern.js';
import { behind, type EventPosition, tail } from '../store/eventOrder.js';
import type { LogGroup } from '../store/logGroup.js';
import type { LogStream, StoredEvent } from '../store/logStream.js';
import { mergeStreams } from '../store/mergeStreams.js';
import { groupOf, groupReference, type Operation, operation, streamNameSchema, timestampSchema } from './operation.js';

/** Most events and most bytes of messages in one answer. */
const maxEvents = 10_000;
const maxAnswerBytes = 1_048_576;

const range = { startTime: timestampSchema.optional(), endTime: timestampSchema.optional() };
const limit = z.int().min(1).max(maxEvents).default(maxEvents);

/** Events of one stream, a page at a time, forward or backward from where a token points. */
export const getLogEvents: Operation = operation(
  z.strictObject({
    ...groupReference,
    ...range,
    logStreamName: streamNameSchema,
    limit,
    nextToken: z.string().optional(),
    startFromHead: z.boolean().default(false),
    unmask: z.boolean().optional(),
  }),
  async ({ logStreamName, startTime = 0, endTime, limit, nextToken, startFromHead, ...reference }, state) => {
    const stream = await groupOf(state, reference).stream(logStreamName);
    if (!stream) throw new ResourceNotFoundError('The specified log stream does not exist.');
    const end = endTime === undefined ? tail : { timestampMs: endTime, sequence: 0 };
    const start = { timestampMs: startTime, sequence: 0 };
    const token = nextToken === undefined ? undefined : parseToken(nextToken);
    const forward = token ? token.direction === 'f' : startFromHead;
    const inRange = ({ timestampMs }: StoredEvent) =>
      timestampMs >= startTime && timestampMs < (endTime ?? Number.POSITIVE_INFINITY);
    const from = token?.position ?? (forward ? start : end);
    const events: StoredEvent[] = [];
    for await (const event of limited(forward ? stream.forward(from) : stream.backward(from), limit, inRange))
      events.push(event);
    if (!forward) events.reverse();
    const first = events[0];
    const last = events.at(-1);
    const atEnd = token?.position ?? (forward ? start : await endOf(stream, end));
    return {
      events: events.map(({ timestampMs, message, ingestionMs }) => ({
        timestamp: timestampMs,
        message,
        ingestionTime: ingestionMs,
      })),
      nextForwardToken: formatToken('f', last ? behind(last) : atEnd),
      nextBackwardToken: formatToken('b', first ?? atEnd),
    };
  },
);

/** Events of many streams in the order of their times, those that match a pattern. */
export const filterLogEvents: Operation = operation(
  z.strictObject({
    ...groupReference,
    ...range,
    logStreamNames: z.array(streamNameSchema).min(1).max(100).optional(),
    logStreamNamePrefix: streamNameSchema.optional(),
    filterPattern: z.string().max(1024).default(''),
    limit,
    nextToken: z.string().optional(),
    // Events are always interleaved, as in the real service since 2019.
    interleaved: z.boolean().optional(),
    unmask: z.boolean().optional(),
  }),
  async ({ startTime = 0, endTime = Number.POSITIVE_INFINITY, limit, nextToken, filterPattern, ...which }, state) => {
    const matches = compileFilterPattern(filterPattern);
    const streams = await streamsOf(groupOf(state, which), which);
    const cursor = nextToken === undefined ? undefined : parseCursor(nextToken);
    const events: object[] = [];
    let bytes = 0;
    for await (const { stream, event } of mergeStreams(streams, startTime, endTime, cursor)) {
      if (!matches(event.message)) continue;
      bytes += Buffer.byteLength(event.message);
      if (events.length === limit || (events.length > 0 && bytes > maxAnswerBytes))
        return { events, searchedLogStreams: [], nextToken: formatCursor(stream, event) };
      events.push({
        logStreamName: stream.name,
        timestamp: event.timestampMs,
        message: event.message,
        ingestionTime: event.ingestionMs,
        eventId: `${event.timestampMs}:${event.sequence}:${stream.name}`,
      });
    }
    return { events, searchedLogStreams: [] };
  },
);

async function streamsOf(
  group: LogGroup,
  { logStreamNames, logStreamNamePrefix }: { logStreamNames?: string[]; logStreamNamePrefix?: string },
): Promise<LogStream[]> {
  if (logStreamNames && logStreamNamePrefix !== undefined)
    throw new InvalidParameterError('logStreamNames and logStreamNamePrefix cannot be given together.');
  const streams = await group.streams();
  if (!logStreamNames) return streams.filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''));
  const missing = logStreamNames.filter((wanted) => !streams.some(({ name }) => name === wanted));
  if (missing.length > 0) throw new ResourceNotFoundError('The specified log stream does not exist.');
  return streams.filter(({ name }) => logStreamNames.includes(name));
}

/** Gives the events of the range; ends behind them, at the limit, or where the answer would grow too long. */
async function* limited(
  events: AsyncIterable<StoredEvent>,
  limit: number,
  inRange: (event: StoredEvent) => boolean,
): AsyncGenerator<StoredEvent> {
  let count = 0;
  let bytes = 0;
  for await (const event of events) {
    if (!inRange(event)) {
      if (count > 0) return;
      continue;
    }
    bytes += Buffer.byteLength(event.message);
    if (count === limit || (count > 0 && bytes > maxAnswerBytes)) return;
    count++;
    yield event;
  }
}

/** Where later events of an empty page would begin. */
async function endOf(stream: LogStream, end: EventPosition): Promise<EventPosition> {
  const { lastTimestampMs, count } = await stream.summary();
  return end === tail ? { timestampMs: lastTimestampMs ?? 0, sequence: count } : end;
}

/** A token is a direction and a place: `f/1700000000000/12`. */
function formatToken(direction: 'f' | 'b', { timestampMs, sequence }: EventPosition): string {
  return `${direction}/${timestampMs}/${sequence}`;
}

function parseToken(token: string): { direction: 'f' | 'b'; position: EventPosition } {
  const [, direction, timestampMs, sequence] = /^([fb])\/(\d+)\/(\d+)$/.exec(token) ?? [];
  if (direction !== 'f' && direction !== 'b') throw new InvalidParameterError('The specified nextToken is invalid.');
  return { direction, position: { timestampMs: Number(timestampMs), sequence: Number(sequence) } };
}

const cursorSchema = z.tuple([z.number(), z.string(), z.number()]);

function formatCursor(stream: LogStream, { timestampMs, sequence }: StoredEvent): string {
  return Buffer.from(JSON.stringify([timestampMs, stream.name, sequence])).toString('base64url');
}

function parseCursor(token: string) {
  try {
    const [timestampMs, streamName, sequence] = cursorSchema.parse(
      JSON.parse(Buffer.from(token, 'base64url').toString('utf8')),
    );
    return { timestampMs, streamName, sequence };
  } catch (error) {
    throw new InvalidParameterError('The specified nextToken is invalid.', { cause: error });
  }
}
