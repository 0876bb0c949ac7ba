import { parseArchitecture } from '../cost/prices.js';
import { stateTransitions } from '../cost/stateTransitions.js';
import type { Meeting } from '../run/meeting.js';
import type { CoordinatorRecord, Plan, S3Requests } from '../run/plan.js';
import type { BilledInvocation, RendezvousUse, RunUsage } from '../run/usage.js';
import type { RankOutcome } from './rankOutcomes.js';

export interface RunUsageInput {
  readonly plan: Plan;
  readonly outcomes: readonly RankOutcome[];
  /** What was written when the ranks needed a rendezvous. */
  readonly meeting: Meeting | undefined;
  /** The invocation that brings the results together; undefined for a run that did not come to it. */
  readonly aggregate: CoordinatorRecord | undefined;
  /** Epoch milliseconds; nothing of the run goes on after it. */
  readonly endedAtMs: number;
  readonly region: string;
  readonly architecture: string;
  /** Configured /tmp of the executor. */
  readonly ephemeralStorageMb: number;
  /** S3 calls of the aggregate itself. */
  readonly calls: S3Requests;
}

/** Everything that a run used, before its REPORT lines have been looked for: the times are those of the functions' own clocks. */
export function usageOfRun(input: RunUsageInput): RunUsage {
  const { plan, outcomes, meeting, aggregate, endedAtMs } = input;
  const invocations = [
    ...outcomes.flatMap((outcome) => attemptsOf(outcome, input)),
    coordinator(plan.initialize),
    ...(meeting ? [coordinator(meeting.coordinator)] : []),
    ...outcomes.flatMap(({ failure }) => (failure?.coordinator ? [coordinator(failure.coordinator)] : [])),
    ...(aggregate ? [coordinator(aggregate)] : []),
  ];
  const records = outcomes.flatMap(({ metrics }) => (metrics ? [metrics.muster] : []));
  const retries = outcomes.reduce((sum, outcome) => sum + attemptCount(outcome) - 1, 0);
  const givenUp = outcomes.filter(({ failure }) => failure !== undefined).length;
  return {
    version: 1,
    runId: plan.runId,
    region: input.region,
    architecture: parseArchitecture(input.architecture),
    startedAtMs: plan.createdAtMs,
    endedAtMs,
    invocations,
    stateTransitions: {
      standard: stateTransitions({ ranks: plan.worldSize, retries, givenUp, meeting: meeting !== undefined, looks: 0 }),
      basis: 'estimated',
    },
    s3: requestsOfRun(input, invocations),
    logBytes: null,
    logScanBytes: 0,
    rendezvous: rendezvousUse(meeting?.place, endedAtMs - plan.createdAtMs),
    samples: records.reduce((sum, { samples }) => sum + samples, 0),
    bytes: records.reduce((sum, { bytes }) => sum + bytes, 0),
    notes: [],
  };
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
  { plan, outcomes, meeting, calls }: RunUsageInput,
  invocations: readonly BilledInvocation[],
): RunUsage['s3'] {
  const failed = invocations.filter((invocation) => invocation.failed);
  const inS3 = plan.collectives.channel === 'storage';
  const meets = plan.worldSize > 1 && !inS3 && plan.collectives.channel !== 'none';
  const counted: S3Requests[] = [
    calls,
    plan.initialize.requests,
    ...(meeting ? [meetingRequests(meeting)] : []),
    ...outcomes.flatMap(({ metrics }) => (metrics ? [metrics.muster.s3, deliveryRequests] : [])),
    ...outcomes.flatMap(({ failure }) => (failure ? [failureRequests(meets, inS3)] : [])),
    ...failed.filter(({ signedIn }) => signedIn !== false).map(() => signInRequests(meets)),
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

function attemptsOf(outcome: RankOutcome, input: RunUsageInput): BilledInvocation[] {
  const { rank, metrics, attempts, failure } = outcome;
  const delivered = metrics?.muster;
  const common = {
    functionName: input.plan.executorFunction,
    role: 'rank',
    memoryMb: input.plan.executorMemoryMb,
    ephemeralStorageMb: input.ephemeralStorageMb,
  } as const;
  const signedIn = attempts.map((attempt, index): BilledInvocation => {
    if (attempt.requestId === delivered?.requestId) {
      const initMs = delivered.coldStart ? (delivered.spans.find(({ stage }) => stage === 'init')?.startMs ?? 0) : 0;
      const startedAtMs = initMs > 0 ? initMs : delivered.startedAtMs;
      return {
        ...common,
        requestId: attempt.requestId,
        memoryMb: delivered.memoryMb,
        estimatedMs: Math.max(0, delivered.endedAtMs - startedAtMs),
        failed: false,
      };
    }
    const endedBeforeMs =
      attempts[index + 1]?.startedAtMs ?? failure?.recordedAtMs ?? input.aggregate?.startedAtMs ?? input.endedAtMs;
    const estimatedMs = Math.max(0, endedBeforeMs - attempt.startedAtMs);
    return { ...common, requestId: attempt.requestId, estimatedMs, failed: true };
  });
  const unsigned = Array.from(
    { length: attemptCount(outcome) - attempts.length },
    (_, index): BilledInvocation => ({
      ...common,
      requestId: `rank ${rank}, attempt that did not sign in ${index + 1}`,
      signedIn: false,
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
    estimatedMs: Math.max(0, endedAtMs - startedAtMs),
    ephemeralStorageMb: 512,
    failed: false,
  };
}
