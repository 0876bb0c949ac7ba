import { isJsonObject, type JsonObject } from '../json.js';
import type { Note } from './rules.js';

const exactlyOne: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Task: [['Next', 'End']],
  Pass: [['Next', 'End']],
  Parallel: [['Next', 'End']],
  Map: [['Next', 'End']],
  Wait: [
    ['Next', 'End'],
    ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  ],
};

const atMostOne: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Task: [
    ['TimeoutSeconds', 'TimeoutSecondsPath'],
    ['HeartbeatSeconds', 'HeartbeatSecondsPath'],
  ],
  Fail: [
    ['Error', 'ErrorPath'],
    ['Cause', 'CausePath'],
  ],
  Pass: [['Result', 'Parameters']],
  Map: [
    ['Parameters', 'ItemSelector'],
    ['ItemsPath', 'ItemReader'],
    ['Items', 'ItemReader'],
    ['MaxConcurrency', 'MaxConcurrencyPath'],
    ['ToleratedFailureCount', 'ToleratedFailureCountPath'],
    ['ToleratedFailurePercentage', 'ToleratedFailurePercentagePath'],
  ],
};

const distributedOnly = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'Label',
  'ToleratedFailureCount',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentage',
  'ToleratedFailurePercentagePath',
];

/** Fields of one state that exclude or need each other. */
export function checkFields(state: JsonObject, path: readonly PropertyKey[], note: Note): void {
  const fault = (at: readonly PropertyKey[], message: string) =>
    note('SCHEMA_VALIDATION_FAILED', [...path, ...at], message);
  const type = typeof state.Type === 'string' ? state.Type : '';
  for (const group of exactlyOne[type] ?? []) {
    const found = group.filter((name) => state[name] !== undefined);
    if (found.length !== 1) fault([], `needs exactly one of ${group.join(', ')}; found ${found.join(', ') || 'none'}`);
  }
  for (const group of atMostOne[type] ?? []) {
    const found = group.filter((name) => state[name] !== undefined);
    if (found.length > 1) fault([], `can have only one of ${found.join(', ')}`);
  }
  if (type === 'Task') checkTimes(state, fault);
  if (type === 'Map') checkMap(state, fault);
}

type Fault = (at: readonly PropertyKey[], message: string) => void;

function checkTimes({ HeartbeatSeconds: heartbeat, TimeoutSeconds: timeout }: JsonObject, fault: Fault): void {
  if (typeof heartbeat === 'number' && typeof timeout === 'number' && heartbeat >= timeout) {
    fault(['HeartbeatSeconds'], `must be smaller than TimeoutSeconds, which is ${timeout}`);
  }
}

function checkMap(state: JsonObject, fault: Fault): void {
  const processor = isJsonObject(state.ItemProcessor) ? state.ItemProcessor : {};
  const config = isJsonObject(processor.ProcessorConfig) ? processor.ProcessorConfig : {};
  if (config.Mode === 'DISTRIBUTED') {
    if (config.ExecutionType === undefined) {
      fault(['ItemProcessor', 'ProcessorConfig', 'ExecutionType'], "a distributed map needs ExecutionType 'STANDARD'");
    }
    checkReader(state, fault);
    checkBatcher(state, fault);
    checkWriter(state, fault);
    return;
  }
  if (config.ExecutionType !== undefined) {
    fault(['ItemProcessor', 'ProcessorConfig', 'ExecutionType'], 'only a DISTRIBUTED map has an ExecutionType');
  }
  for (const name of distributedOnly.filter((one) => state[one] !== undefined)) {
    fault([name], `Field '${name}' needs a map in DISTRIBUTED mode`);
  }
}

function checkReader({ ItemReader: reader }: JsonObject, fault: Fault): void {
  if (!isJsonObject(reader)) return;
  const config = isJsonObject(reader.ReaderConfig) ? reader.ReaderConfig : {};
  const at = ['ItemReader', 'ReaderConfig'];
  const isListing = reader.Resource === 'arn:aws:states:::s3:listObjectsV2';
  if (isListing && config.InputType !== undefined) fault([...at, 'InputType'], 'a listing of objects has no InputType');
  if (!isListing && config.InputType === undefined)
    fault([...at, 'InputType'], 'reading an object needs an InputType: JSON, JSONL or CSV');
  for (const name of ['CSVHeaderLocation', 'CSVHeaders', 'CSVDelimiter'].filter((one) => config[one] !== undefined)) {
    if (config.InputType !== 'CSV') fault([...at, name], `Field '${name}' needs the InputType CSV`);
  }
  if (config.InputType === 'CSV' && config.CSVHeaderLocation === undefined) {
    fault([...at, 'CSVHeaderLocation'], 'a CSV file needs a CSVHeaderLocation: FIRST_ROW or GIVEN');
  }
  if ((config.CSVHeaderLocation === 'GIVEN') !== (config.CSVHeaders !== undefined)) {
    fault([...at, 'CSVHeaders'], 'CSVHeaders go with the CSVHeaderLocation GIVEN');
  }
  if (config.MaxItems !== undefined && config.MaxItemsPath !== undefined)
    fault(at, 'can have only one of MaxItems, MaxItemsPath');
}

function checkBatcher({ ItemBatcher: batcher }: JsonObject, fault: Fault): void {
  if (!isJsonObject(batcher)) return;
  const limits = ['MaxItemsPerBatch', 'MaxInputBytesPerBatch'];
  const found = limits.filter((name) => batcher[name] !== undefined || batcher[`${name}Path`] !== undefined);
  if (found.length === 0) fault(['ItemBatcher'], 'needs MaxItemsPerBatch, MaxInputBytesPerBatch or both');
  for (const name of limits.filter((one) => batcher[one] !== undefined && batcher[`${one}Path`] !== undefined)) {
    fault(['ItemBatcher'], `can have only one of ${name}, ${name}Path`);
  }
}

function checkWriter({ ResultWriter: writer }: JsonObject, fault: Fault): void {
  if (!isJsonObject(writer)) return;
  const target = writer.Parameters ?? writer.Arguments;
  if ((writer.Resource === undefined) !== (target === undefined)) {
    fault(['ResultWriter'], 'Resource and the place to write to (Parameters or Arguments) go together');
  }
  if (writer.Resource === undefined && writer.WriterConfig === undefined) {
    fault(['ResultWriter'], 'needs a Resource, a WriterConfig or both');
  }
  const config = isJsonObject(writer.WriterConfig) ? writer.WriterConfig : {};
  if (writer.Resource === undefined && config.OutputType === 'JSONL') {
    fault(
      ['ResultWriter', 'WriterConfig', 'OutputType'],
      'JSONL needs a Resource to write to: the output of a state is JSON',
    );
  }
}
