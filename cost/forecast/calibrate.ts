import type { RankRow, RunSummary } from '../../run/summary.js';
import { CalibrationError } from '../errors.js';
import { type Constant, type ForecastConstants, vcpusOf } from './constants.js';

/** Fewer bytes a rank say more of the time of a call than of how fast bytes come. */
const tellingBytes = 1e6;

/**
 * Constants as an earlier run measured them, where it can tell: the inference rate by CPU time, the download rate, the
 * start of a process and the spread of the ranks. What it cannot tell stays as it was.
 *
 * @throws CalibrationError when no rank delivered anything.
 */
export function calibrate(
  summary: Pick<RunSummary, 'runId' | 'rows'>,
  constants: ForecastConstants,
): ForecastConstants {
  const rows = summary.rows.filter(({ samples }) => samples > 0);
  if (rows.length === 0) throw new CalibrationError(summary.runId);
  const measured = (constant: Constant, value: number | undefined, how: string): Constant =>
    value === undefined ? constant : { ...constant, value, source: `run ${summary.runId}: ${how}` };
  return {
    ...constants,
    samplesPerVcpuS: measured(constants.samplesPerVcpuS, inferenceRate(rows), 'samples over CPU time of all ranks'),
    downloadBytesPerS: measured(
      constants.downloadBytesPerS,
      downloadRate(rows, constants),
      'median over the ranks of bytes over time of download, at a vCPU',
    ),
    coldStartS: measured(constants.coldStartS, coldStart(rows), 'median of the cold starts'),
    stragglerSigma: measured(
      constants.stragglerSigma,
      rows.length < 3
        ? undefined
        : deviationOfLogarithms(rows.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs)),
      "deviation of the logarithms of the ranks' times",
    ),
  };
}

function inferenceRate(rows: readonly RankRow[]): number | undefined {
  const cpuTimeS = rows.reduce((sum, row) => sum + row.cpuTimeS, 0);
  return cpuTimeS > 0 ? rows.reduce((sum, row) => sum + row.samples, 0) / cpuTimeS : undefined;
}

function downloadRate(rows: readonly RankRow[], constants: ForecastConstants): number | undefined {
  const telling = rows.filter(({ bytes, stageMs }) => bytes >= tellingBytes && stageMs.download > 0);
  const rates = telling.map(
    ({ bytes, stageMs, memoryMb }) => (bytes * 1000) / stageMs.download / Math.min(1, vcpusOf(memoryMb, constants)),
  );
  return median(rates);
}

const coldStart = (rows: readonly RankRow[]): number | undefined =>
  median(rows.filter(({ coldStart }) => coldStart).map(({ stageMs }) => stageMs.init / 1000));

function deviationOfLogarithms(values: readonly number[]): number {
  const logarithms = values.map((value) => Math.log(Math.max(1, value)));
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length;
  return Math.sqrt(logarithms.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logarithms.length - 1));
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted.length === 0 ? undefined : sorted[sorted.length >> 1];
}
