import type { RunSummary } from '../../run/summary.js';
import type { RunStatus } from '../execution/runSnapshot.js';

/*
 * What the dashboard's server and its page say to each other. Types only, so that the page takes nothing of Node's along.
 */

/** The cloud that the dashboard looks at. */
export interface CloudView {
  readonly kind: 'local' | 'aws';
  readonly region: string;
  /** In words: `embedded cloud in .muster`, `stage dev in us-east-1`. */
  readonly title: string;
}

/** A fault as the page shows it. */
export interface FaultView {
  /** Stable. */
  readonly code: string;
  readonly message: string;
}

/** Answer to anything that could not be done. */
export interface RefusalView {
  readonly error: FaultView;
  /** There when a payload was refused. */
  readonly faults?: readonly PayloadFaultView[];
}

/** One thing that is wrong with a payload as it was typed. */
export interface PayloadFaultView {
  /** Dotted path of the key; `(payload)` for the whole, `(json)` where the text is no JSON. */
  readonly key: string;
  readonly message: string;
  /** Line of the text, from 1; null when the key is nowhere in it. */
  readonly line: number | null;
}

export interface PayloadCheckView {
  readonly faults: readonly PayloadFaultView[];
}

/** What a run came to. */
export type SummaryView = Pick<
  RunSummary,
  | 'worldSize'
  | 'partitions'
  | 'samples'
  | 'bytes'
  | 'wallMs'
  | 'startedAtMs'
  | 'ranks'
  | 'throughput'
  | 'rankTimes'
  | 'cpuTimeS'
  | 'quality'
  | 'collectives'
  | 'bill'
  | 'rows'
>;

/** All that is known of a run at one look. */
export interface RunView {
  readonly runId: string;
  readonly status: RunStatus;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** `s3://bucket/prefix`; null when the run claimed none. */
  readonly resultPrefix: string | null;
  /** Null before the plan is there. */
  readonly worldSize: number | null;
  readonly error: FaultView | null;
  /** As it was sent. */
  readonly payload: unknown;
  readonly summary: SummaryView | null;
}

/** How a rank stands; one that is in no list waits. */
export interface RankView {
  readonly rank: number;
  readonly state: 'running' | 'done' | 'failed';
  /** When its newest attempt began, epoch milliseconds. */
  readonly startedAtMs: number;
  /** When it was through or given up. */
  readonly endedAtMs: number | null;
}

/** Something that happened to a run. */
export interface EventView {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly kind: 'state' | 'rank' | 'fault' | 'end';
  readonly text: string;
}

export interface LogLineView {
  readonly rank: number;
  /** From 0. */
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly text: string;
}

/** A run's figures while it runs; what nobody can know yet is not there. */
export interface ProgressView {
  readonly status: RunStatus;
  readonly stateName?: string;
  readonly elapsedMs: number;
  readonly ranks?: {
    readonly expected: number;
    readonly waiting: number;
    readonly running: number;
    readonly done: number;
    readonly failed: number;
  };
  /** From 0 to 1. */
  readonly share: number;
  readonly samples: number;
  readonly samplesPerSecond?: number;
  readonly etaMs?: number;
  readonly usd?: number;
}

/** Messages of a run's live stream, by the name of their server-sent event. */
export interface LiveMessages {
  readonly progress: ProgressView;
  readonly events: readonly EventView[];
  /** Ranks whose state has changed. */
  readonly ranks: readonly RankView[];
  readonly log: readonly LogLineView[];
  /** The run is over and its logs are read; nothing follows. */
  readonly ended: { readonly status: RunStatus };
  /** The run can be followed no longer; nothing follows. */
  readonly fault: FaultView;
}

export type LiveName = keyof LiveMessages;

export type LiveMessage = { [Name in LiveName]: { readonly name: Name; readonly data: LiveMessages[Name] } }[LiveName];
