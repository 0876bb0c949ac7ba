import { z } from 'zod';
import { InvalidParameterError, ServiceUnavailableError } from '../errors.js';
import { maxResults } from '../insights/queryParser.js';
import {
  groupIdentifierSchema,
  groupNameSchema,
  nameInIdentifier,
  type Operation,
  operation,
  page,
} from './operation.js';

/** Seconds since the epoch; a number of this size can only be meant as milliseconds. */
const secondsSchema = z.int().min(0).max(99_999_999_999, 'is in seconds since the epoch, not milliseconds');

/** Operations of Logs Insights. */
export const queryOperations: Readonly<Record<string, Operation>> = {
  StartQuery: operation(
    z.strictObject({
      logGroupName: groupNameSchema.optional(),
      logGroupNames: z.array(groupNameSchema).min(1).max(50).optional(),
      logGroupIdentifiers: z.array(groupIdentifierSchema).min(1).max(50).optional(),
      startTime: secondsSchema,
      endTime: secondsSchema,
      queryString: z.string().max(10_000),
      limit: z.int().min(1).max(maxResults).optional(),
      queryLanguage: z.literal('CWLI', 'only the language CWLI is supported').optional(),
    }),
    (
      { logGroupName, logGroupNames, logGroupIdentifiers, startTime, endTime, queryString, limit },
      { store, queries },
    ) => {
      const given = [logGroupName, logGroupNames, logGroupIdentifiers].filter((names) => names !== undefined);
      if (given.length !== 1)
        throw new InvalidParameterError(
          'Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be given.',
        );
      if (startTime > endTime) throw new InvalidParameterError('startTime must not be after endTime.');
      const names = new Set(given.flat().map(nameInIdentifier));
      const query = queries.start({
        text: queryString,
        groups: [...names].map((name) => store.group(name)),
        startMs: startTime * 1000,
        endMs: endTime * 1000 + 999,
        limit,
      });
      return { queryId: query.id };
    },
  ),

  GetQueryResults: operation(z.strictObject({ queryId: z.string() }), ({ queryId }, { queries }) => {
    const query = queries.get(queryId);
    if (query.failure !== undefined)
      throw new ServiceUnavailableError(`Query ${queryId} failed: ${query.failure}`, { cause: query.failure });
    return {
      queryLanguage: 'CWLI',
      status: query.status,
      results: query.results,
      statistics: { ...query.statistics, estimatedRecordsSkipped: 0, estimatedBytesSkipped: 0 },
    };
  }),

  StopQuery: operation(z.strictObject({ queryId: z.string() }), ({ queryId }, { queries }) => {
    queries.stop(queryId);
    return { success: true };
  }),

  DescribeQueries: operation(
    z.strictObject({
      logGroupName: groupNameSchema.optional(),
      status: z.string().optional(),
      maxResults: z.int().min(1).max(1000).default(1000),
      nextToken: z.string().optional(),
      queryLanguage: z.literal('CWLI').optional(),
    }),
    ({ logGroupName, status, maxResults, nextToken }, { queries }) => {
      const wanted = queries
        .list()
        .filter((query) => status === undefined || query.status === status)
        .filter(({ request }) => !logGroupName || request.groups.some(({ name }) => name === logGroupName));
      const { items, nextToken: next } = page(wanted, maxResults, nextToken);
      return {
        queries: items.map(({ id, request, status, createdMs }) => ({
          queryLanguage: 'CWLI',
          queryId: id,
          queryString: request.text,
          status,
          createTime: createdMs,
          logGroupName: request.groups[0]?.name,
        })),
        nextToken: next,
      };
    },
  ),
};
