import { z } from 'zod';
import { InvalidParameterError } from '../errors.js';
import {
  groupArn,
  groupNameSchema,
  groupOf,
  groupReference,
  type Operation,
  operation,
  page,
  streamNameSchema,
} from './operation.js';

/** Operations on log streams. */
export const streamOperations: Readonly<Record<string, Operation>> = {
  CreateLogStream: operation(
    z.strictObject({ logGroupName: groupNameSchema, logStreamName: streamNameSchema }),
    async ({ logGroupName, logStreamName }, { store }) => {
      await store.group(logGroupName).createStream(logStreamName);
      return {};
    },
  ),

  DescribeLogStreams: operation(
    z.strictObject({
      ...groupReference,
      logStreamNamePrefix: streamNameSchema.optional(),
      orderBy: z.enum(['LogStreamName', 'LastEventTime']).default('LogStreamName'),
      descending: z.boolean().default(false),
      limit: z.int().min(1).max(50).default(50),
      nextToken: z.string().optional(),
    }),
    async ({ logStreamNamePrefix, orderBy, descending, limit, nextToken, ...reference }, state) => {
      if (orderBy === 'LastEventTime' && logStreamNamePrefix !== undefined)
        throw new InvalidParameterError('Cannot order by LastEventTime with a logStreamNamePrefix.');
      const group = groupOf(state, reference);
      const streams = (await group.streams()).filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''));
      const summaries = await Promise.all(streams.map(async (stream) => ({ stream, ...(await stream.summary()) })));
      if (orderBy === 'LastEventTime') summaries.sort((a, b) => (a.lastTimestampMs ?? 0) - (b.lastTimestampMs ?? 0));
      if (descending) summaries.reverse();
      const { items, nextToken: next } = page(summaries, limit, nextToken);
      return {
        logStreams: items.map(({ stream, firstTimestampMs, lastTimestampMs, bytes }) => ({
          logStreamName: stream.name,
          creationTime: stream.creationTimeMs,
          firstEventTimestamp: firstTimestampMs,
          lastEventTimestamp: lastTimestampMs,
          lastIngestionTime: stream.lastIngestionMs,
          arn: `${groupArn(state, group.name)}:log-stream:${stream.name}`,
          storedBytes: bytes,
        })),
        nextToken: next,
      };
    },
  ),
};
