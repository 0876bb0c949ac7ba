import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { billOfReports, invocationsOf } from '../../cost/billOfReports.js';
import { type Architecture, freeEphemeralStorageMb, type PriceTable, parseArchitecture } from '../../cost/prices.js';
import { findReports } from '../../cost/reportQuery.js';
import { withTarget } from '../cloud/target.js';
import type { Session } from '../session.js';
import type { Costed } from './costed.js';
import type { CostOptions } from './costOptions.js';
import { NothingToBillError } from './errors.js';
import { readReports } from './readReports.js';

/** How long a query of Logs Insights may take over any window. */
const queryTimeoutMs = 60_000;
const defaultRegion = 'us-east-1';

/** What all invocations of an exported log cost. */
export async function costOfLogFile(path: string, options: CostOptions, pricesTable: PriceTable): Promise<Costed> {
  const { reports, lines } = await readReports(path);
  if (reports.length === 0) {
    throw new NothingToBillError(`${path} has no REPORT line among its ${lines} lines.`, {
      remedy: 'Export the whole log group, or the lines that contain "REPORT RequestId" or "platform.report".',
    });
  }
  const terms = {
    functionName: path,
    region: options.region ?? defaultRegion,
    architecture: options.architecture ?? 'x86_64',
    ephemeralStorageMb: options.ephemeralStorageMb ?? freeEphemeralStorageMb,
    pricesTable,
  };
  return {
    source: { logFile: path },
    title: path,
    bill: billOfReports(reports, terms),
    invocations: invocationsOf(reports, terms),
    notes: [],
  };
}

/** What all invocations of a function, or of a log group, of the last time cost. */
export async function costOfLogGroup(
  session: Session,
  options: CostOptions & { readonly since: number },
  pricesTable: PriceTable,
): Promise<Costed> {
  const logGroup = options.logGroup ?? `/aws/lambda/${options.function}`;
  const signal = session.interruption.signal;
  return withTarget(session, options, async ({ clients, region }) => {
    const nowMs = Date.now();
    const { found, bytesScanned, windowBytes } = await findReports(clients.logs, {
      logGroup,
      startMs: nowMs - options.since,
      endMs: nowMs,
      timeoutMs: options.wait ?? queryTimeoutMs,
      signal,
    });
    const reports = [...found.values()];
    if (reports.length === 0) {
      throw new NothingToBillError(`${logGroup} has no REPORT line of that time.`, {
        remedy: 'Lines come some seconds after their invocations; look further back with a longer --since.',
      });
    }
    const configured = await configurationOf(options, clients.lambda, signal);
    const terms = {
      functionName: logGroup,
      region,
      ...configured,
      pricesTable,
      logBytes: windowBytes,
      logScanBytes: bytesScanned,
    };
    return {
      source: { logGroup, since: new Date(nowMs - options.since).toISOString() },
      title: `${logGroup} since ${new Date(nowMs - options.since).toISOString()}`,
      bill: billOfReports(reports, terms),
      invocations: invocationsOf(reports, terms),
      notes: [],
    };
  });
}

/** What REPORT lines do not say: as given, else as Lambda has it, else the defaults. */
async function configurationOf(
  { function: name, architecture, ephemeralStorageMb }: CostOptions,
  lambda: LambdaClient,
  abortSignal: AbortSignal,
): Promise<{ architecture: Architecture; ephemeralStorageMb: number }> {
  const deployed =
    name === undefined
      ? undefined
      : await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }), { abortSignal });
  return {
    architecture: architecture ?? parseArchitecture(deployed?.Architectures?.[0] ?? 'x86_64'),
    ephemeralStorageMb: ephemeralStorageMb ?? deployed?.EphemeralStorage?.Size ?? freeEphemeralStorageMb,
  };
}
