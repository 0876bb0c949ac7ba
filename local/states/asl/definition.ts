import type { Json, JsonObject } from '../json.js';

/*
 * A checked definition. A field that both query languages have is typed for both: where JSONPath has a number and a
 * `...Path` twin, JSONata has a number or an expression.
 */

export type QueryLanguage = 'JSONPath' | 'JSONata';

/** Either a literal or a JSONata expression. */
export type NumberOrExpression = number | string;

/** States that follow one another: a state machine, a branch of Parallel, the processor of Map. */
export interface Flow {
  StartAt: string;
  States: Readonly<Record<string, State>>;
  Comment?: string;
}

/** A state machine whose definition passed every check. */
export interface StateMachineDefinition extends Flow {
  QueryLanguage: QueryLanguage;
  TimeoutSeconds?: number;
  Version?: string;
}

/** Fields with which a state shapes its data; which of them a state may have depends on its type and language. */
export interface DataFields {
  /** Filled in from the state machine when the state does not say. */
  QueryLanguage: QueryLanguage;
  Comment?: string;
  InputPath?: string | null;
  OutputPath?: string | null;
  Parameters?: Json;
  ResultSelector?: JsonObject;
  ResultPath?: string | null;
  Arguments?: Json;
  Output?: Json;
  Assign?: JsonObject;
}

/** `Next` or `End`, exactly one of them. */
export interface Transition {
  Next?: string;
  End?: true;
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
  Comment?: string;
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  ResultPath?: string | null;
  Output?: Json;
  Assign?: JsonObject;
  Comment?: string;
}

export interface ErrorHandlers {
  Retry?: Retrier[];
  Catch?: Catcher[];
}

export interface TaskState extends DataFields, Transition, ErrorHandlers {
  Type: 'Task';
  Resource: string;
  TimeoutSeconds?: NumberOrExpression;
  TimeoutSecondsPath?: string;
  HeartbeatSeconds?: NumberOrExpression;
  HeartbeatSecondsPath?: string;
}

export interface PassState extends DataFields, Transition {
  Type: 'Pass';
  Result?: Json;
}

/** A rule of a Choice state; a JSONPath rule holds a comparison, or `And`, `Or`, `Not` of such rules. */
export interface ChoiceRule {
  Next: string;
  Comment?: string;
  Assign?: JsonObject;
  /** JSONata only. */
  Condition?: string | boolean;
  /** JSONata only. */
  Output?: Json;
  /** JSONPath only: the fields that make up the test. */
  test?: JsonObject;
}

export interface ChoiceState extends DataFields {
  Type: 'Choice';
  Choices: ChoiceRule[];
  Default?: string;
}

export interface WaitState extends DataFields, Transition {
  Type: 'Wait';
  Seconds?: NumberOrExpression;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
}

export interface SucceedState extends DataFields {
  Type: 'Succeed';
}

export interface FailState extends DataFields {
  Type: 'Fail';
  Error?: string;
  ErrorPath?: string;
  Cause?: string;
  CausePath?: string;
}

export interface ParallelState extends DataFields, Transition, ErrorHandlers {
  Type: 'Parallel';
  Branches: Flow[];
}

export interface ReaderConfig {
  InputType?: 'JSON' | 'JSONL' | 'CSV';
  CSVHeaderLocation?: 'FIRST_ROW' | 'GIVEN';
  CSVHeaders?: string[];
  CSVDelimiter?: 'COMMA' | 'PIPE' | 'SEMICOLON' | 'SPACE' | 'TAB';
  MaxItems?: NumberOrExpression;
  MaxItemsPath?: string;
}

/** Reads the items of a distributed map from S3. */
export interface ItemReader {
  Resource: string;
  ReaderConfig?: ReaderConfig;
  Parameters?: Json;
  Arguments?: Json;
}

export interface ItemBatcher {
  BatchInput?: Json;
  MaxItemsPerBatch?: NumberOrExpression;
  MaxItemsPerBatchPath?: string;
  MaxInputBytesPerBatch?: NumberOrExpression;
  MaxInputBytesPerBatchPath?: string;
}

/** Writes the results of a distributed map to S3. */
export interface ResultWriter {
  Resource?: string;
  Parameters?: Json;
  Arguments?: Json;
  WriterConfig?: { Transformation: 'NONE' | 'COMPACT' | 'FLATTEN'; OutputType: 'JSON' | 'JSONL' };
}

export interface MapState extends DataFields, Transition, ErrorHandlers {
  Type: 'Map';
  /** `Iterator` of older definitions is read as this. */
  ItemProcessor: Flow & { ProcessorConfig?: { Mode: 'INLINE' | 'DISTRIBUTED'; ExecutionType?: 'STANDARD' } };
  Items?: Json;
  ItemsPath?: string;
  ItemSelector?: Json;
  ItemReader?: ItemReader;
  ItemBatcher?: ItemBatcher;
  ResultWriter?: ResultWriter;
  MaxConcurrency?: NumberOrExpression;
  MaxConcurrencyPath?: string;
  ToleratedFailureCount?: NumberOrExpression;
  ToleratedFailureCountPath?: string;
  ToleratedFailurePercentage?: NumberOrExpression;
  ToleratedFailurePercentagePath?: string;
  Label?: string;
}

export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

export type StateType = State['Type'];
