import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '../../../run/errors.js';
import type { MapState } from '../asl/definition.js';
import { StateFailure } from '../errors.js';
import type { StateVisit } from '../interpreter/stateVisit.js';
import { isJsonObject, type Json } from '../json.js';
import { type Transformation, transformed } from './mapResults.js';
import type { MapRun } from './mapRunHost.js';
import type { EndedChild } from './runChildren.js';

/** How the results of a map are handed over: written to S3 where there is a target, as the map's output otherwise. */
export interface Writer {
  target?: { bucket: string; prefix: string };
  transformation: Transformation;
  outputType: 'JSON' | 'JSONL';
}

/** One result file holds about this many bytes; the next one begins then. */
const fileBytes = 16 * 2 ** 20;

/** Reads the `ResultWriter` of a map. @throws StateFailure States.ResultWriterFailed */
export async function readWriter({ state, dataflow }: StateVisit<MapState>): Promise<Writer> {
  const { ResultWriter: writer } = state;
  if (!writer) return { transformation: 'COMPACT', outputType: 'JSON' };
  const { Transformation: transformation, OutputType: outputType } = writer.WriterConfig ?? {
    Transformation: 'NONE',
    OutputType: 'JSON',
  };
  if (writer.Resource === undefined) return { transformation, outputType };
  const place = await dataflow.template(writer.Parameters ?? writer.Arguments ?? {}, 'ResultWriter/Arguments');
  const { Bucket: bucket, Prefix: prefix = '', ...rest } = isJsonObject(place) ? place : {};
  if (typeof bucket !== 'string' || typeof prefix !== 'string' || Object.keys(rest).length > 0) {
    throw failed('it takes a Bucket and a Prefix, both strings, and nothing else');
  }
  return { target: { bucket, prefix }, transformation, outputType };
}

/**
 * Writes `<Prefix>/<map run id>/manifest.json` and, beside it, the files it lists: `SUCCEEDED_<n>.json` and
 * `FAILED_<n>.json`.
 *
 * @returns the output of the map: its ARN and the place of the manifest
 */
export async function writeResults(
  s3: S3Client,
  { target, transformation, outputType }: Writer,
  run: MapRun,
  children: readonly EndedChild[],
  abortSignal: AbortSignal,
): Promise<Json> {
  const { bucket, prefix } = target ?? { bucket: '', prefix: '' };
  const folder = `${prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`}${run.id}`;
  const put = async (key: string, body: string): Promise<{ Key: string; Size: number }> => {
    try {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' });
      await s3.send(command, { abortSignal });
      return { Key: key, Size: Buffer.byteLength(body) };
    } catch (error) {
      abortSignal.throwIfAborted();
      throw failed(`writing s3://${bucket}/${key}: ${messageOf(error)}`, error);
    }
  };
  const writeGroup = async (name: string, group: readonly EndedChild[]): Promise<Json[]> => {
    const files: Json[] = [];
    for await (const body of bodies(run, group, transformation, outputType)) {
      files.push({ ...(await put(`${folder}/${name}_${files.length}.${outputType.toLowerCase()}`, body)) });
    }
    return files;
  };
  const succeeded = children.filter(({ status }) => status === 'SUCCEEDED');
  const failing = children.filter(({ status }) => status !== 'SUCCEEDED');
  const manifest = {
    DestinationBucket: bucket,
    MapRunArn: run.arn,
    ResultFiles: {
      FAILED: await writeGroup('FAILED', failing),
      PENDING: [],
      SUCCEEDED: await writeGroup('SUCCEEDED', succeeded),
    },
  };
  const { Key } = await put(`${folder}/manifest.json`, JSON.stringify(manifest));
  run.countWritten(children.length);
  return { MapRunArn: run.arn, ResultWriterDetails: { Bucket: bucket, Key } };
}

/** The texts of the files that hold a group, one after the other. */
async function* bodies(
  run: MapRun,
  group: readonly EndedChild[],
  transformation: Transformation,
  outputType: Writer['outputType'],
): AsyncGenerator<string> {
  const join = (texts: readonly string[]) => (outputType === 'JSON' ? `[${texts.join(',')}]` : `${texts.join('\n')}\n`);
  let texts: string[] = [];
  let bytes = 0;
  for (const { arn } of group) {
    for (const entry of transformed(await run.readChild(arn), transformation)) {
      const text = JSON.stringify(entry);
      texts.push(text);
      bytes += text.length;
    }
    if (bytes < fileBytes) continue;
    yield join(texts);
    texts = [];
    bytes = 0;
  }
  if (texts.length > 0) yield join(texts);
}

function failed(reason: string, cause?: unknown): StateFailure {
  return new StateFailure('States.ResultWriterFailed', `Writing the results of the map failed: ${reason}.`, cause);
}
