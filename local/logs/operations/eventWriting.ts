import { z } from 'zod';
import { InvalidParameterError, ResourceNotFoundError } from '../errors.js';
import { groupNameSchema, type Operation, operation, streamNameSchema, timestampSchema } from './operation.js';

/** Limits of one PutLogEvents call; each event counts 26 bytes beside its message. */
const batchBytes = 1_048_576;
const eventOverheadBytes = 26;
const day = 86_400_000;

/** How old and how new an event may be, in milliseconds. */
const oldestMs = 14 * day;
const newestMs = 2 * 3_600_000;

const putLogEventsSchema = z.strictObject({
  logGroupName: groupNameSchema,
  logStreamName: streamNameSchema,
  logEvents: z
    .array(z.strictObject({ timestamp: timestampSchema, message: z.string().min(1) }))
    .min(1)
    .max(10_000),
  // Clients of before 2023 send it; the real service ignores it too.
  sequenceToken: z.string().optional(),
});

type InputEvent = z.output<typeof putLogEventsSchema>['logEvents'][number];

/** Puts events into a stream and tells which were too old or too new. */
export const putLogEvents: Operation = operation(
  putLogEventsSchema,
  async ({ logGroupName, logStreamName, logEvents }, { store }) => {
    const stream = await store.group(logGroupName).stream(logStreamName);
    if (!stream) throw new ResourceNotFoundError('The specified log stream does not exist.');
    checkBatch(logEvents);
    const now = Date.now();
    const firstAccepted = logEvents.findIndex(({ timestamp }) => timestamp >= now - oldestMs);
    const tooNew = logEvents.findIndex(({ timestamp }) => timestamp > now + newestMs);
    const start = firstAccepted < 0 ? logEvents.length : firstAccepted;
    const end = tooNew < 0 ? logEvents.length : tooNew;
    const accepted = logEvents.slice(start, end);
    if (accepted.length > 0)
      await stream.append(accepted.map(({ timestamp, message }) => ({ timestampMs: timestamp, message })));
    const rejected = {
      ...(start > 0 && { tooOldLogEventEndIndex: start }),
      ...(end < logEvents.length && { tooNewLogEventStartIndex: end }),
    };
    return Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {};
  },
);

function checkBatch(events: readonly InputEvent[]): void {
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + eventOverheadBytes, 0);
  if (bytes > batchBytes)
    throw new InvalidParameterError(`Upload too large: ${bytes} bytes exceeds limit of ${batchBytes}`);
  for (const [n, { timestamp }] of events.entries())
    if (n > 0 && timestamp < (events[n - 1]?.timestamp ?? 0))
      throw new InvalidParameterError('Log events in a single PutLogEvents request must be in chronological order.');
  const span = (events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0);
  if (span > day)
    throw new InvalidParameterError(
      'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
    );
}
