import type { ComparedRun, CompletenessFault } from '../../run/comparedRun.js';
import type { RunSummary } from '../../run/summary.js';
import { parseSummary } from '../report/parseSummary.js';

/** Most causes that are named. */
const mostCauses = 5;

/**
 * The summary of a run of Muster beside the results of others.
 *
 * @throws SummaryFormatError when the document is no summary.
 */
export function comparedSummary(path: string, document: unknown): ComparedRun {
  const summary = parseSummary(path, document);
  const { runId, partitions, samples, bytes, cpuTimeS, ranks, wallMs, throughput } = summary;
  return {
    runId,
    partitions,
    samples,
    bytes,
    cpuTimeS,
    origin: 'muster',
    path,
    partitionMb: partitions > 0 ? bytes / partitions / 2 ** 20 : 0,
    dataGb: bytes / 2 ** 30,
    repetition: null,
    ranks: { succeeded: ranks.succeeded, expected: ranks.expected },
    wallMs,
    overall: { bitsPerSecond: (bytes * 8000) / wallMs, samplesPerSecond: (samples * 1000) / wallMs },
    sumOverRanks: throughput?.sumOverRanks ?? null,
    faults: faultsOf(summary),
  };
}

function faultsOf({ status, ranks }: RunSummary): CompletenessFault[] {
  if (ranks.failed.length > 0) {
    const named = ranks.failed.slice(0, mostCauses).map(({ rank, cause }) => `rank ${rank} (${cause})`);
    const more = ranks.failed.length > mostCauses ? ` and ${ranks.failed.length - mostCauses} more` : '';
    return [
      {
        code: 'MISSING_RANKS',
        message: `${ranks.succeeded} of ${ranks.expected} ranks delivered; missing: ${named.join(', ')}${more}`,
      },
    ];
  }
  return status === 'FAILED' ? [{ code: 'FAILED_RUN', message: 'the run failed' }] : [];
}
