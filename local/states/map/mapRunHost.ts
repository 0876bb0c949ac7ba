import type { S3Client } from '@aws-sdk/client-s3';
import type { Flow } from '../asl/definition.js';
import type { ExecutionEnvironment } from '../interpreter/frame.js';
import type { Json } from '../json.js';

/** Limits of a map run; `UpdateMapRun` changes them while it goes on. */
export interface MapRunLimits {
  maxConcurrency: number;
  toleratedFailureCount?: number;
  toleratedFailurePercentage?: number;
}

/** How a child execution of a map run ended. */
export type ChildStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What is known of a child execution afterwards, under the names that result files use. */
export interface ChildRecord {
  ExecutionArn: string;
  Name: string;
  Status: ChildStatus;
  StartDate: string;
  StopDate?: string;
  StateMachineArn: string;
  Input?: string;
  Output?: string;
  Error?: string;
  Cause?: string;
}

/** A map run that goes on. */
export interface MapRun {
  readonly arn: string;
  /** The last part of the ARN. */
  readonly id: string;
  readonly limits: Readonly<MapRunLimits>;
  /** Called whenever `UpdateMapRun` has changed the limits. */
  onLimitsChanged: () => void;
  /** Tells how many items and executions there will be. */
  expect(totals: { items: number; executions: number }): void;
  /** Starts a child execution that works on `itemCount` items; it is aborted with the signal. */
  startChild(input: Json, itemCount: number, signal: AbortSignal): { arn: string; ended: Promise<ChildStatus> };
  /** The record of a child that has ended, read back from disk. */
  readChild(arn: string): Promise<ChildRecord>;
  /** Counts children whose results stand in S3. */
  countWritten(executions: number): void;
  finish(status: 'SUCCEEDED' | 'FAILED' | 'ABORTED'): void;
}

/** Starts map runs, and gives them S3. */
export interface MapRunHost {
  readonly s3: () => S3Client;
  open(request: {
    parent: ExecutionEnvironment;
    stateName: string;
    label?: string;
    processor: Flow;
    limits: MapRunLimits;
  }): MapRun;
}
