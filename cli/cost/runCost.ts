import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { billOfUsage } from '../../cost/billOfUsage.js';
import { lookForReports, missingReports, withReports } from '../../cost/completeUsage.js';
import type { PriceTable } from '../../cost/prices.js';
import { findUsage, keepBill } from '../../job/keepBill.js';
import { collectOutcomes } from '../../job/rankOutcomes.js';
import { usageOfRun } from '../../job/runUsage.js';
import { messageOf } from '../../run/errors.js';
import { planKey, rendezvousKey } from '../../run/keys.js';
import { meetingSchema } from '../../run/meeting.js';
import { planSchema } from '../../run/plan.js';
import type { RunUsage } from '../../run/usage.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { type Target, withTarget } from '../cloud/target.js';
import { findRun } from '../execution/findRun.js';
import { hasEnded, type RunAddress, type RunSnapshot } from '../execution/runSnapshot.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';
import type { Costed } from './costed.js';
import type { CostOptions } from './costOptions.js';
import { NothingToBillError } from './errors.js';

/** How long late lines are waited for: those of the embedded cloud come at once. */
const defaultWaitMs = { local: 5_000, aws: 60_000 } as const;
/** Lines that are not there so long after the end of a run do not come any more. */
const lateMs = 15 * 60_000;

/** What a run costs, with REPORT lines that came after its end; what is found is kept with the run. */
export async function costOfRun(session: Session, options: CostOptions, pricesTable: PriceTable): Promise<Costed> {
  const { signal } = session.interruption;
  return withTarget(session, options, async (target) => {
    const snapshot = await (await findRun(target, options.run)).observe(signal);
    const { runId, address } = snapshot;
    if (!address) {
      throw new NothingToBillError(`Run ${runId} has no ranks: it did not get past its first state.`, { runId });
    }
    const store = new ObjectStore(target.clients.s3);
    const place = { ...address, runId };
    const kept = await findUsage(store, place);
    const before = kept?.value ?? (await interimUsage(target, store, snapshot, address));
    const late = Date.now() - before.endedAtMs > lateMs;
    const look = await lookForReports(target.clients.logs, before, {
      timeoutMs: options.wait ?? defaultWaitMs[target.kind],
      ...(late ? { rounds: 1 } : {}),
      roundMs: 1_000,
      signal,
    });
    const usage = withReports(before, look);
    const notes = [...(kept ? [] : [interimNote(snapshot)]), ...missingNotes(usage)];
    if (kept && look.reports.size > 0) {
      notes.push(await keep(store, place, look));
    }
    return {
      source: { runId },
      title: `Run ${runId}`,
      bill: billOfUsage(usage, pricesTable),
      invocations: usage.invocations,
      notes,
    };
  });
}

/** Of a run that was not aggregated, or not yet: from its plan, and from what its ranks have left. */
async function interimUsage(
  { clients, region }: Target,
  store: ObjectStore,
  { endedAtMs }: RunSnapshot,
  { bucket, resultPrefix }: RunAddress,
): Promise<RunUsage> {
  const plan = await store.getJson(bucket, planKey(resultPrefix), planSchema);
  const [outcomes, meeting, executor] = await Promise.all([
    collectOutcomes(store, plan),
    store.findJson(bucket, rendezvousKey(resultPrefix), meetingSchema),
    clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: plan.executorFunction, Qualifier: plan.executorQualifier }),
    ),
  ]);
  return usageOfRun({
    plan,
    outcomes,
    meeting: meeting?.value,
    aggregate: undefined,
    endedAtMs: endedAtMs ?? Date.now(),
    region,
    architecture: executor.Architectures?.[0] ?? 'x86_64',
    ephemeralStorageMb: executor.EphemeralStorage?.Size ?? 512,
    calls: { get: 0, put: 0, list: 0, head: 0 },
  });
}

const interimNote = (snapshot: RunSnapshot): string =>
  hasEnded(snapshot)
    ? `Run ${snapshot.runId} was not aggregated (${snapshot.status}): what is known of it is in the bill, which is not kept.`
    : `Run ${snapshot.runId} goes on: this is what it has come to so far.`;

function missingNotes(usage: RunUsage): string[] {
  const missing = missingReports(usage);
  if (missing.length === 0) return [];
  const names = missing.slice(0, 3).map(({ requestId, functionName }) => `${requestId} of ${functionName}`);
  return [
    `${plural(missing.length, 'REPORT line')} not found: ${names.join(', ')}${missing.length > 3 ? ', ...' : ''}.`,
  ];
}

/** The figures are right whether they can be kept or not, so that is no failure of the command. */
async function keep(
  store: ObjectStore,
  place: { runId: string; bucket: string; resultPrefix: string },
  look: Awaited<ReturnType<typeof lookForReports>>,
): Promise<string> {
  const found = plural(look.reports.size, 'REPORT line');
  try {
    await keepBill(store, place, (usage) => withReports(usage, look));
    return `${found} found that ${look.reports.size === 1 ? 'was' : 'were'} missing: usage.json, summary.json and report.html have the bill now.`;
  } catch (error) {
    return `${found} found that could not be kept with the run: ${messageOf(error)}`;
  }
}
