import type { ResultWriter } from '../asl/definition.js';
import { StateFailure } from '../errors.js';
import { type Json, maximumPayloadBytes, parseJson } from '../json.js';
import type { ChildRecord, MapRun } from './mapRunHost.js';
import type { EndedChild } from './runChildren.js';

/** `Transformation` of a ResultWriter. */
export type Transformation = NonNullable<ResultWriter['WriterConfig']>['Transformation'];

/**
 * The output of a distributed map that does not write to S3: the outputs of its children in order. A child that failed
 * within the tolerance, and every child with the transformation NONE, stands as its record.
 *
 * @throws StateFailure States.DataLimitExceeded
 */
export async function collectResults(
  run: MapRun,
  children: readonly EndedChild[],
  transformation: Transformation,
): Promise<Json> {
  const results: Json[] = [];
  let bytes = 0;
  for (const { arn } of children) {
    const entries = transformed(await run.readChild(arn), transformation);
    bytes += Buffer.byteLength(JSON.stringify(entries));
    if (bytes > 2 * maximumPayloadBytes) {
      throw new StateFailure(
        'States.DataLimitExceeded',
        `The results of the map exceed the maximum of ${maximumPayloadBytes} bytes; use a ResultWriter to write them to S3.`,
      );
    }
    results.push(...entries);
  }
  return results;
}

/** What a child contributes to the results. */
export function transformed(record: ChildRecord, transformation: Transformation): Json[] {
  if (transformation === 'NONE' || record.Status !== 'SUCCEEDED') return [describe(record)];
  const value = parseJson(record.Output ?? 'null');
  return transformation === 'FLATTEN' && Array.isArray(value) ? value : [value];
}

/** A record with the marks that result files put beside inputs and outputs. */
function describe({ Input, Output, ...record }: ChildRecord): Json {
  const fields: [string, Json | undefined][] = [
    ...Object.entries(record),
    ['Input', Input],
    ['InputDetails', { Included: Input !== undefined }],
    ['Output', Output],
    ['OutputDetails', Output === undefined ? undefined : { Included: true }],
    ['RedriveCount', 0],
    ['RedriveStatus', 'NOT_REDRIVABLE'],
  ];
  return Object.fromEntries(fields.filter((field): field is [string, Json] => field[1] !== undefined));
}
