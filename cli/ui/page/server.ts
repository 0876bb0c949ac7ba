import type { ListedRun } from '../../execution/listedRuns.js';
import type { CloudView, PayloadCheckView, PayloadFaultView, RefusalView, RunView } from '../wire.js';

/** What the server refused, in its words. */
export class Refused extends Error {
  readonly code: string;
  readonly faults: readonly PayloadFaultView[];

  constructor({ error, faults = [] }: RefusalView) {
    super(error.message);
    this.code = error.code;
    this.faults = faults;
  }
}

/** Addresses are relative, so that they carry the token of the page along. */
async function ask<T>(path: string, signal?: AbortSignal, body?: object): Promise<T> {
  const sent = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(path, { ...sent, signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    const message = 'The dashboard does not answer. Has "muster ui" ended?';
    throw new Refused({
      error: { code: 'UNREACHABLE', message: error instanceof TypeError ? message : String(error) },
    });
  });
  const answered = await response.json();
  if (!response.ok) throw new Refused(answered);
  return answered;
}

const runPath = (runId: string): string => `api/runs/${encodeURIComponent(runId)}`;

export const fetchCloud = (signal: AbortSignal) => ask<CloudView>('api/cloud', signal);
export const fetchRuns = (signal: AbortSignal) => ask<{ runs: readonly ListedRun[] }>('api/runs', signal);
export const fetchRun = (runId: string, signal: AbortSignal) => ask<RunView>(runPath(runId), signal);
export const fetchSchema = (signal: AbortSignal) => ask<PayloadSchema>('api/schema', signal);
export const checkPayload = (text: string, signal: AbortSignal) => ask<PayloadCheckView>('api/check', signal, { text });
export const startRun = (text: string, name: string | undefined) =>
  ask<{ runId: string }>('api/runs', undefined, { text, name });
export const stopRun = (runId: string) => ask<{ status: string }>(`${runPath(runId)}/stop`, undefined, {});

export const liveAddress = (runId: string, log: string): string =>
  `${runPath(runId)}/live?log=${encodeURIComponent(log)}`;
export const reportAddress = (runId: string): string => `reports/${encodeURIComponent(runId)}`;

/** The JSON Schema of the payload, as far as the page reads it. */
export interface PayloadSchema {
  readonly properties: Readonly<Record<string, SchemaProperty>>;
  readonly required?: readonly string[];
}

export interface SchemaProperty {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly SchemaProperty[];
}
