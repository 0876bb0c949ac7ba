import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { eventViews } from '../../../cli/ui/historyEvents.js';

const told = (event: Partial<HistoryEvent>) =>
  eventViews({ id: 1, timestamp: new Date(5_000), type: undefined, ...event }).map(({ kind, text }) => [kind, text]);

describe('the history of an execution says', () => {
  it('which states begin that do some work, and nothing of choices', () => {
    const entered = (type: HistoryEvent['type'], name: string) => told({ type, stateEnteredEventDetails: { name } });
    expect(entered('TaskStateEntered', 'Initialize')).toEqual([['state', 'Initialize begins']]);
    expect(entered('MapStateEntered', 'RunRanks')).toEqual([['state', 'RunRanks begins']]);
    expect(entered('ChoiceStateEntered', 'NeedsRendezvous')).toEqual([]);
    expect(told({ type: 'TaskStateExited', stateExitedEventDetails: { name: 'Initialize' } })).toEqual([]);
  });

  it('what failed, in the words of the function that failed', () => {
    const cause = JSON.stringify({ errorType: 'PreflightError', errorMessage: 'there is no such bucket' });
    expect(told({ type: 'LambdaFunctionFailed', lambdaFunctionFailedEventDetails: { error: 'E', cause } })).toEqual([
      ['fault', 'PreflightError: there is no such bucket'],
    ]);
    expect(
      told({ type: 'ExecutionFailed', executionFailedEventDetails: { error: 'RankLost', cause: 'rank 3' } }),
    ).toEqual([['fault', 'The run has failed: RankLost: rank 3']]);
  });

  it('how the run ended', () => {
    expect(told({ type: 'ExecutionSucceeded' })).toEqual([['end', 'The run has succeeded']]);
    expect(told({ type: 'ExecutionAborted', executionAbortedEventDetails: { cause: 'Enough.' } })).toEqual([
      ['end', 'The run was stopped: Enough.'],
    ]);
    expect(told({ type: 'ExecutionAborted' })).toEqual([['end', 'The run was stopped']]);
    expect(told({ type: 'ExecutionTimedOut' })).toEqual([['fault', 'The run took longer than it may']]);
  });
});
