import { type HistoryEvent, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { RunAddress } from './runSnapshot.js';

/** What a run's own history tells; the ranks' steps are in histories of their own, so this one stays short. */
export interface HistoryReading {
  /** The state that was entered last. */
  readonly stateName: string | undefined;
  readonly address: RunAddress | undefined;
}

/** The state that validates the payload and claims the result prefix. */
const initializeState = 'Initialize';

const initializedSchema = z.object({
  bucket: z.string(),
  resultPrefix: z.string(),
  worldSize: z.int().min(1),
});

export async function readHistory(sfn: SFNClient, executionArn: string, signal?: AbortSignal): Promise<HistoryReading> {
  let stateName: string | undefined;
  let address: RunAddress | undefined;
  const pages = paginateGetExecutionHistory({ client: sfn, pageSize: 1000 }, { executionArn });
  for await (const { events } of pages) {
    signal?.throwIfAborted();
    for (const event of events ?? []) {
      stateName = event.stateEnteredEventDetails?.name ?? stateName;
      address = addressIn(event) ?? address;
    }
  }
  return { stateName, address };
}

function addressIn({ stateExitedEventDetails: exited }: HistoryEvent): RunAddress | undefined {
  if (exited?.name !== initializeState || exited.output === undefined) return undefined;
  return initializedSchema.safeParse(JSON.parse(exited.output)).data;
}
