import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { StatesArns } from '../arns.js';
import type { Clock } from '../clock.js';
import { isJsonObject, type Json } from '../json.js';
import type { ChildRecord, ChildStatus, MapRun, MapRunHost, MapRunLimits } from '../map/mapRunHost.js';
import type { ExecutionStore } from '../store/executionStore.js';
import { readEnds } from '../store/historyFile.js';
import type { MapRunStore } from '../store/mapRunStore.js';
import type { ExecutionEngine } from './executionEngine.js';

/** The map runs of the service: those that go on, and the records of all. */
export class MapRuns {
  readonly #arns: StatesArns;
  readonly #clock: Clock;
  readonly #store: MapRunStore;
  readonly #executions: ExecutionStore;
  readonly #s3: () => S3Client;
  readonly #live = new Map<string, { limits: MapRunLimits; run: MapRun }>();

  constructor(parts: {
    arns: StatesArns;
    clock: Clock;
    store: MapRunStore;
    executions: ExecutionStore;
    s3: () => S3Client;
  }) {
    this.#arns = parts.arns;
    this.#clock = parts.clock;
    this.#store = parts.store;
    this.#executions = parts.executions;
    this.#s3 = parts.s3;
  }

  /** Changes the limits of a map run that goes on; false when it does not. */
  update(arn: string, changed: Partial<MapRunLimits>): boolean {
    const live = this.#live.get(arn);
    if (!live) return false;
    Object.assign(live.limits, changed);
    this.#store.setLimits(arn, live.limits);
    live.run.onLimitsChanged();
    return true;
  }

  hostFor(engine: ExecutionEngine): MapRunHost {
    return { s3: this.#s3, open: (request) => this.#open(engine, request) };
  }

  #open(
    engine: ExecutionEngine,
    { parent, stateName, label: given, processor, limits }: Parameters<MapRunHost['open']>[0],
  ): MapRun {
    const record = this.#executions.get(parent.arn);
    if (!record) throw new RangeError(`the execution ${parent.arn} has no record`);
    const label = given ?? labelOf(stateName);
    const [machineName = ''] = record.stateMachineName.split('/');
    const id = randomUUID();
    const arn = this.#arns.mapRun(machineName, label, id);
    const stateMachine = { arn: this.#arns.labelledStateMachine(machineName, label), name: `${machineName}/${label}` };
    const live = { ...limits };
    this.#store.begin({
      arn,
      executionArn: parent.arn,
      stateMachineArn: record.stateMachineArn,
      label,
      startedAtMs: this.#clock.now(),
      ...live,
    });
    const run: MapRun = {
      arn,
      id,
      limits: live,
      onLimitsChanged: () => undefined,
      expect: (totals) => this.#store.setTotals(arn, totals),
      startChild: (input, itemCount, signal) => {
        const name = randomUUID();
        return engine.launch({
          arn: this.#arns.childExecution(machineName, label, name),
          name,
          stateMachine,
          roleArn: parent.roleArn,
          revisionId: record.revisionId,
          flow: processor,
          input: JSON.stringify(input),
          mapRunArn: arn,
          itemCount,
          signal,
        });
      },
      readChild: (childArn) => this.#readChild(childArn),
      countWritten: (executions) => this.#store.setWritten(arn, executions),
      finish: (status) => {
        this.#live.delete(arn);
        this.#store.end(arn, status);
      },
    };
    this.#live.set(arn, { limits: live, run });
    return run;
  }

  async #readChild(arn: string): Promise<ChildRecord> {
    const record = this.#executions.get(arn);
    if (!record || record.status === 'RUNNING') throw new RangeError(`the execution ${arn} has not ended`);
    const { first, last } = await readEnds(await this.#executions.historyOf(arn));
    const status: ChildStatus = record.status;
    return {
      ExecutionArn: arn,
      Name: record.name,
      Status: status,
      StartDate: new Date(record.startedAtMs).toISOString(),
      StopDate: record.stoppedAtMs === undefined ? undefined : new Date(record.stoppedAtMs).toISOString(),
      StateMachineArn: record.stateMachineArn,
      Input: detail(first, 'input'),
      Output: detail(last, 'output'),
      Error: detail(last, 'error'),
      Cause: detail(last, 'cause'),
    };
  }
}

/** A text in the details of the first or last event of an execution. */
export function detail(event: { [key: string]: Json } | undefined, field: string): string | undefined {
  for (const value of Object.values(event ?? {})) {
    if (isJsonObject(value) && typeof value[field] === 'string') return value[field];
  }
  return undefined;
}

/** A label made of a state's name, where the state has none. */
function labelOf(stateName: string): string {
  return stateName.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 40) || 'Map';
}
