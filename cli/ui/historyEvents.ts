import { type HistoryEvent, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import { executionFault } from '../execution/executionFault.js';
import type { EventView } from './wire.js';

/** Tells what happens to an execution itself: the states that it enters and how it ends. Each event comes once. */
export class HistoryEvents {
  readonly #sfn: SFNClient;
  readonly #executionArn: string;
  #lastId = 0;

  constructor(sfn: SFNClient, executionArn: string) {
    this.#sfn = sfn;
    this.#executionArn = executionArn;
  }

  /** What has happened since the last reading, in its order. */
  async readNew(signal: AbortSignal): Promise<EventView[]> {
    const fresh: EventView[] = [];
    const pages = paginateGetExecutionHistory(
      { client: this.#sfn, pageSize: 1000 },
      { executionArn: this.#executionArn, includeExecutionData: true },
    );
    for await (const { events } of pages) {
      signal.throwIfAborted();
      for (const event of events ?? []) {
        if ((event.id ?? 0) <= this.#lastId) continue;
        this.#lastId = event.id ?? this.#lastId;
        fresh.push(...eventViews(event));
      }
    }
    return fresh;
  }
}

/** What an event of the history says to people; most say nothing that the states do not. */
export function eventViews(event: HistoryEvent): EventView[] {
  const atMs = event.timestamp?.getTime() ?? 0;
  const state = event.stateEnteredEventDetails?.name;
  if (state !== undefined) return works(event) ? [{ atMs, kind: 'state', text: `${state} begins` }] : [];
  const lost = event.lambdaFunctionFailedEventDetails ?? event.taskFailedEventDetails ?? event.mapRunFailedEventDetails;
  if (lost) return [{ atMs, kind: 'fault', text: faultText(lost) }];
  switch (event.type) {
    case 'ExecutionStarted':
      return [{ atMs, kind: 'state', text: 'The run is started' }];
    case 'ExecutionSucceeded':
      return [{ atMs, kind: 'end', text: 'The run has succeeded' }];
    case 'ExecutionFailed':
      return [{ atMs, kind: 'fault', text: `The run has failed: ${faultText(event.executionFailedEventDetails)}` }];
    case 'ExecutionAborted':
      return [{ atMs, kind: 'end', text: stoppedText(event.executionAbortedEventDetails?.cause) }];
    case 'ExecutionTimedOut':
      return [{ atMs, kind: 'fault', text: 'The run took longer than it may' }];
    default:
      return [];
  }
}

const stoppedText = (cause: string | undefined): string => `The run was stopped${cause ? `: ${cause}` : ''}`;

/** Choices and the like take no time. */
const works = ({ type }: HistoryEvent): boolean => /^(Task|Map|Parallel|Wait)StateEntered$/.test(type ?? '');

function faultText(details: { error?: string; cause?: string } | undefined): string {
  const { name, message } = executionFault(details?.error, details?.cause);
  return `${name}: ${message}`;
}
