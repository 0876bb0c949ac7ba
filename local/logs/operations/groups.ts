import { z } from 'zod';
import type { LogGroup } from '../store/logGroup.js';
import { groupArn, groupNameSchema, type LogsState, type Operation, operation, page } from './operation.js';

/** Days that PutRetentionPolicy accepts. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const named = z.strictObject({ logGroupName: groupNameSchema });

/** Operations on log groups. */
export const groupOperations: Readonly<Record<string, Operation>> = {
  CreateLogGroup: operation(named, async ({ logGroupName }, { store }) => {
    await store.createGroup(logGroupName);
    return {};
  }),

  DeleteLogGroup: operation(named, async ({ logGroupName }, { store }) => {
    await store.deleteGroup(logGroupName);
    return {};
  }),

  PutRetentionPolicy: operation(
    named.extend({
      retentionInDays: z
        .int()
        .refine((days) => retentionDays.includes(days), `must be one of ${retentionDays.join(', ')}`),
    }),
    async ({ logGroupName, retentionInDays }, { store }) => {
      await store.group(logGroupName).setRetention(retentionInDays);
      return {};
    },
  ),

  DeleteRetentionPolicy: operation(named, async ({ logGroupName }, { store }) => {
    await store.group(logGroupName).setRetention(undefined);
    return {};
  }),

  DescribeLogGroups: operation(
    z.strictObject({
      logGroupNamePrefix: groupNameSchema.optional(),
      logGroupNamePattern: z.string().optional(),
      limit: z.int().min(1).max(50).default(50),
      nextToken: z.string().optional(),
    }),
    async ({ logGroupNamePrefix = '', logGroupNamePattern = '', limit, nextToken }, state) => {
      const groups = state.store
        .groups()
        .filter(({ name }) => name.startsWith(logGroupNamePrefix) && name.includes(logGroupNamePattern));
      const { items, nextToken: next } = page(groups, limit, nextToken);
      return { logGroups: await Promise.all(items.map((group) => describe(state, group))), nextToken: next };
    },
  ),
};

async function describe(state: LogsState, group: LogGroup): Promise<object> {
  const summaries = await Promise.all((await group.streams()).map((stream) => stream.summary()));
  return {
    logGroupName: group.name,
    arn: `${groupArn(state, group.name)}:*`,
    logGroupArn: groupArn(state, group.name),
    creationTime: group.creationTimeMs,
    retentionInDays: group.retentionInDays,
    metricFilterCount: 0,
    storedBytes: summaries.reduce((sum, { bytes }) => sum + bytes, 0),
    logGroupClass: 'STANDARD',
  };
}
