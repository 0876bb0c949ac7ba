import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type BilledInvocation, type BillInput, computeBill, type RendezvousUse } from '../cost/bill.js';
import { defaultPriceTable, parseArchitecture } from '../cost/prices.js';
import { type FoundReport, findReports } from '../cost/reportQuery.js';
import { stateTransitions } from '../cost/stateTransitions.js';
import type { Bill } from '../run/bill.js';
import { messageOf } from '../run/errors.js';
import type { Meeting } from '../run/meeting.js';
import type { CoordinatorRecord, Plan, S3Requests } from '../run/plan.js';
import type { CallKind } from '../storage/callLog.js';
import type { RankOutcome } from './rankOutcomes.js';

/** In the place of a request id, of attempts that died before they could sign in. */
const unsignedMark = '-unsigned-';
const isUnsigned = (requestId: string): boolean => requestId.includes(unsignedMark);

export interface RunBillInput {
  readonly plan: Plan;
  readonly outcomes: readonly RankOutcome[];
  /** What was written when the ranks needed a rendezvous. */
  readonly meeting: Meeting | undefined;
  /** The invocation that writes the bill; its own REPORT line comes too late. */
  readonly aggregate: CoordinatorRecord;
  readonly region: string;
  readonly architecture: string;
  /** Configured /tmp of the executor. */
  readonly ephemeralStorageMb: number;
  /** S3 calls of the aggregate itself. */
  readonly calls: Readonly<Record<CallKind, number>>;
  /** How long to wait for REPORT lines, in milliseconds. */
  readonly reportTimeoutMs: number;
}

/**
 * Prices everything that the run has used, by its REPORT lines where CloudWatch has them already. Lines that cannot be read
 * are estimated, and the bill says so: no run fails for its bill.
 */
export async function billRun(logs: CloudWatchLogsClient, input: RunBillInput): Promise<Bill> {
  const { plan, outcomes, meeting, aggregate } = input;
  const invocations = [
    ...outcomes.flatMap((outcome) => attemptsOf(outcome, input)),
    coordinator(plan.initialize),
    ...(meeting ? [coordinator(meeting.coordinator)] : []),
    coordinator(aggregate),
  ];
  const reports = await readReports(logs, invocations, input);
  const records = outcomes.flatMap(({ metrics }) => (metrics ? [metrics.muster] : []));
  const retries = outcomes.reduce((sum, outcome) => sum + attemptCount(outcome) - 1, 0);
  const bill = computeBill({
    region: input.region,
    architecture: parseArchitecture(input.architecture),
    pricesTable: defaultPriceTable,
    invocations: invocations.map((invocation) => measured(invocation, reports.found.get(invocation.requestId))),
    stateTransitions: {
      standard: stateTransitions({ ranks: plan.worldSize, retries, meeting: meeting !== undefined }),
      basis: 'estimated',
    },
    s3: requestsOfRun(input, invocations),
    logScanBytes: reports.bytesScanned,
    rendezvous: rendezvousUse(meeting?.place, aggregate.endedAtMs - plan.createdAtMs),
    samples: records.reduce((sum, { samples }) => sum + samples, 0),
    bytes: records.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  return { ...bill, notes: [...bill.notes, ...reports.notes] };
}

/** A host that was started for this run stays on for its idle time, because of it. */
function rendezvousUse(place: Meeting['place'] | undefined, runMs: number): RendezvousUse | null {
  if (!place) return null;
  const { host } = place;
  const idleHours = host?.startedForRun ? host.idleMs / 3_600_000 : 0;
  return { hours: runMs / 3_600_000, idleHours, instanceType: host?.instanceType };
}

/** A rank's sign-in: it reads its plan and shard, a stop, the list of attempts and the place to meet, and adds itself to the list. */
const signInRequests = (meets: boolean): S3Requests => ({ get: meets ? 5 : 4, put: 1, list: 0, head: 0 });
/** A rank's end, after it has counted: it looks whether the rank is still its own, and writes its metrics. */
const deliveryRequests: S3Requests = { get: 1, put: 1, list: 0, head: 0 };
/** What records that a rank was given up: it writes that, reads the plan, and tells the others where they meet. */
const failureRequests = (meets: boolean, inS3: boolean): S3Requests => ({
  get: meets ? 2 : 1,
  put: inS3 ? 2 : 1,
  list: 0,
  head: 0,
});
/** What finds the meeting place: it reads the plan, and writes the place; where there was none, the plan too. */
const meetingRequests = ({ place }: Meeting): S3Requests => ({ get: 1, put: place ? 1 : 2, list: 0, head: 0 });

/** All that is known of the run's requests; a failed attempt took its own count with it. */
function requestsOfRun(
  { plan, outcomes, meeting, calls }: RunBillInput,
  invocations: readonly BilledInvocation[],
): BillInput['s3'] {
  const failed = invocations.filter((invocation) => invocation.failed);
  const inS3 = plan.collectives.channel === 'storage';
  const meets = plan.worldSize > 1 && !inS3 && plan.collectives.channel !== 'none';
  const counted: S3Requests[] = [
    calls,
    plan.initialize.requests,
    ...(meeting ? [meetingRequests(meeting)] : []),
    ...outcomes.flatMap(({ metrics }) => (metrics ? [metrics.muster.s3, deliveryRequests] : [])),
    ...outcomes.flatMap(({ failure }) => (failure ? [failureRequests(meets, inS3)] : [])),
    ...failed.filter(({ requestId }) => !isUnsigned(requestId)).map(() => signInRequests(meets)),
  ];
  const total = (kind: keyof S3Requests) => counted.reduce((sum, requests) => sum + requests[kind], 0);
  return {
    get: total('get'),
    put: total('put'),
    list: total('list'),
    head: total('head'),
    partlyCountedAttempts: failed.length,
  };
}

/** At least one; attempts that died before they could sign in are known from the generations alone. */
function attemptCount({ metrics, failure, attempts }: RankOutcome): number {
  return Math.max(1, attempts.length, (metrics?.muster.generation ?? 0) + 1, failure?.attempts ?? 0);
}

function attemptsOf(outcome: RankOutcome, input: RunBillInput): BilledInvocation[] {
  const { rank, metrics, attempts, failure } = outcome;
  const delivered = metrics?.muster;
  const common = {
    functionName: input.plan.executorFunction,
    role: 'rank',
    memoryMb: input.plan.executorMemoryMb,
    ephemeralStorageMb: input.ephemeralStorageMb,
    billedMs: undefined,
  } as const;
  const signedIn = attempts.map((attempt, index): BilledInvocation => {
    if (attempt.requestId === delivered?.requestId) {
      const initMs = delivered.coldStart ? (delivered.spans.find(({ stage }) => stage === 'init')?.startMs ?? 0) : 0;
      const startedAtMs = initMs > 0 ? initMs : delivered.startedAtMs;
      return {
        ...common,
        requestId: attempt.requestId,
        memoryMb: delivered.memoryMb,
        estimatedMs: delivered.endedAtMs - startedAtMs,
        failed: false,
      };
    }
    const endedBeforeMs = attempts[index + 1]?.startedAtMs ?? failure?.recordedAtMs ?? input.aggregate.startedAtMs;
    const estimatedMs = Math.max(0, endedBeforeMs - attempt.startedAtMs);
    return { ...common, requestId: attempt.requestId, estimatedMs, failed: true };
  });
  const unsigned = Array.from(
    { length: attemptCount(outcome) - attempts.length },
    (_, index): BilledInvocation => ({
      ...common,
      requestId: `rank-${rank}${unsignedMark}${index}`,
      estimatedMs: 0,
      failed: true,
    }),
  );
  return [...signedIn, ...unsigned];
}

function coordinator({
  functionName,
  requestId,
  memoryMb,
  startedAtMs,
  endedAtMs,
}: CoordinatorRecord): BilledInvocation {
  return {
    functionName,
    requestId,
    role: 'coordinator',
    memoryMb,
    billedMs: undefined,
    estimatedMs: endedAtMs - startedAtMs,
    ephemeralStorageMb: 512,
    failed: false,
  };
}

function measured(invocation: BilledInvocation, report: FoundReport | undefined): BilledInvocation {
  if (!report) return invocation;
  return {
    ...invocation,
    memoryMb: report.memoryMb,
    billedMs: report.billedDurationMs,
    maxMemoryUsedMb: report.maxMemoryUsedMb,
  };
}

interface Reports {
  readonly found: ReadonlyMap<string, FoundReport>;
  readonly bytesScanned: number;
  readonly notes: readonly string[];
}

async function readReports(
  logs: CloudWatchLogsClient,
  invocations: readonly BilledInvocation[],
  { plan, aggregate, reportTimeoutMs }: RunBillInput,
): Promise<Reports> {
  const searched = invocations.filter(({ requestId }) => requestId !== aggregate.requestId && !isUnsigned(requestId));
  const results = await Promise.all(
    [...new Set(searched.map(({ functionName }) => functionName))].map(async (functionName): Promise<Reports> => {
      const logGroup = `/aws/lambda/${functionName}`;
      const requestIds = searched
        .filter((invocation) => invocation.functionName === functionName)
        .map(({ requestId }) => requestId);
      try {
        const { found, bytesScanned } = await findReports(logs, {
          logGroup,
          requestIds,
          startMs: plan.createdAtMs - 60_000,
          endMs: aggregate.startedAtMs + reportTimeoutMs + 60_000,
          timeoutMs: reportTimeoutMs,
          roundMs: 500,
        });
        return { found, bytesScanned, notes: [] };
      } catch (error) {
        const reason = `${error instanceof Error ? error.name : 'Error'}: ${messageOf(error)}`;
        const note = `The REPORT lines in ${logGroup} could not be read, so its invocations are estimated (${reason}).`;
        return { found: new Map(), bytesScanned: 0, notes: [note] };
      }
    }),
  );
  return {
    found: new Map(results.flatMap(({ found }) => [...found])),
    bytesScanned: results.reduce((sum, result) => sum + result.bytesScanned, 0),
    notes: results.flatMap(({ notes }) => notes),
  };
}
