import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '../../../run/errors.js';
import type { ItemReader, MapState } from '../asl/definition.js';
import { mapNumbers } from '../asl/sharedSchemas.js';
import { StateFailure } from '../errors.js';
import type { StateVisit } from '../interpreter/stateVisit.js';
import { isJsonObject, type Json, parseJson, typeName } from '../json.js';
import { CsvRows } from './csv.js';

const delimiters = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' } as const;

/** Reads the items of a distributed map from S3. @throws StateFailure States.ItemReaderFailed */
export async function readItems(visit: StateVisit<MapState>, reader: ItemReader): Promise<Json[]> {
  const { dataflow, frame } = visit;
  const place = await dataflow.template(reader.Parameters ?? reader.Arguments ?? {}, 'ItemReader/Arguments');
  const { MaxItems, MaxItemsPath } = reader.ReaderConfig ?? {};
  const most = await dataflow.number({ name: 'MaxItems', value: MaxItems, path: MaxItemsPath, rule: mapNumbers.items });
  const source = readPlace(place, reader);
  const items: Json[] = [];
  try {
    for await (const item of openItems(frame.environment.mapRuns.s3(), source, reader, frame.signal)) {
      items.push(item);
      if (items.length === most) break;
    }
  } catch (error) {
    frame.signal.throwIfAborted();
    if (error instanceof StateFailure) throw error;
    throw failed(`reading ${source.name}: ${messageOf(error)}`, error);
  }
  return items;
}

interface Place {
  bucket: string;
  key: string;
  prefix: string;
  versionId?: string;
  name: string;
}

function readPlace(place: Json, { Resource: resource }: ItemReader): Place {
  const isListing = resource.endsWith(':listObjectsV2');
  if (!isJsonObject(place)) throw failed(`the arguments must be an object, not ${typeName(place)}`);
  const allowed = isListing ? ['Bucket', 'Prefix'] : ['Bucket', 'Key', 'VersionId'];
  const unknown = Object.keys(place).filter((name) => !allowed.includes(name));
  if (unknown.length > 0) throw failed(`unknown arguments ${unknown.join(', ')}; known: ${allowed.join(', ')}`);
  const { Bucket: bucket, Key: key = '', Prefix: prefix = '', VersionId: versionId } = place;
  if (typeof bucket !== 'string' || typeof key !== 'string' || typeof prefix !== 'string')
    throw failed('Bucket, Key and Prefix must be strings');
  if (versionId !== undefined && typeof versionId !== 'string') throw failed('VersionId must be a string');
  return { bucket, key, prefix, versionId, name: `s3://${bucket}/${isListing ? prefix : key}` };
}

function failed(reason: string, cause?: unknown): StateFailure {
  return new StateFailure('States.ItemReaderFailed', `Attempting to read the items failed: ${reason}`, cause);
}

async function* openItems(
  s3: S3Client,
  place: Place,
  reader: ItemReader,
  abortSignal: AbortSignal,
): AsyncGenerator<Json> {
  if (reader.Resource.endsWith(':listObjectsV2')) {
    yield* listObjects(s3, place, abortSignal);
    return;
  }
  const command = new GetObjectCommand({ Bucket: place.bucket, Key: place.key, VersionId: place.versionId });
  const { Body: body } = await s3.send(command, { abortSignal });
  if (!body) return;
  const type = reader.ReaderConfig?.InputType;
  if (type === 'JSON') yield* jsonItems(await body.transformToString(), place);
  else {
    const text = body.transformToWebStream().pipeThrough(new TextDecoderStream());
    yield* type === 'JSONL' ? jsonLines(text, place) : csvItems(text, reader);
  }
}

async function* listObjects(
  client: S3Client,
  { bucket, prefix }: Place,
  abortSignal: AbortSignal,
): AsyncGenerator<Json> {
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, { abortSignal })) {
    for (const { Key, Size, ETag, LastModified, StorageClass } of page.Contents ?? []) {
      yield {
        Etag: ETag ?? '',
        Key: Key ?? '',
        LastModified: Math.floor((LastModified?.getTime() ?? 0) / 1_000),
        Size: Size ?? 0,
        StorageClass: StorageClass ?? 'STANDARD',
      };
    }
  }
}

function* jsonItems(text: string, { name }: Place): Generator<Json> {
  const items = parseJson(text);
  if (!Array.isArray(items)) throw failed(`${name} must hold a JSON array, not ${typeName(items)}`);
  yield* items;
}

async function* jsonLines(text: AsyncIterable<string>, { name }: Place): AsyncGenerator<Json> {
  let rest = '';
  let number = 0;
  const parse = (line: string): Json => {
    number++;
    try {
      return parseJson(line);
    } catch (error) {
      throw failed(`${name}: line ${number} is not JSON: ${messageOf(error)}`, error);
    }
  };
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield parse(line);
  }
  if (rest.trim() !== '') yield parse(rest);
}

async function* csvItems(text: AsyncIterable<string>, { ReaderConfig: config = {} }: ItemReader): AsyncGenerator<Json> {
  const rows = new CsvRows(delimiters[config.CSVDelimiter ?? 'COMMA']);
  let headers = config.CSVHeaders;
  const itemsOf = function* (complete: Iterable<string[]>): Generator<Json> {
    for (const row of complete) {
      const names = headers;
      if (names) yield Object.fromEntries(names.map((name, index) => [name, row[index] ?? '']));
      else headers = row;
    }
  };
  for await (const piece of text) yield* itemsOf(rows.push(piece));
  yield* itemsOf(rows.end());
}
