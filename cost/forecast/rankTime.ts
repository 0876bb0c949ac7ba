import { type ForecastConstants, vcpusOf } from './constants.js';

/** S3 calls of an attempt one after the other, beside its partitions: plan, sign in (twice), own it, deliver. */
export const callsInTurn = 5;

/** The work of one rank. */
export interface RankWork {
  readonly partitions: number;
  /** Bytes of its partitions. */
  readonly bytes: number;
  readonly samples: number;
}

/** What all ranks have in common. */
export interface RankTerms {
  readonly memoryMb: number;
  readonly modelBytes: number;
}

/** Where a rank's time goes, in seconds; `workS` is download and inference, less what overlaps. */
export interface RankTime {
  readonly callsS: number;
  readonly programStartS: number;
  readonly modelS: number;
  readonly downloadS: number;
  readonly inferenceS: number;
  readonly workS: number;
  /** All of it, without the start of the process and without its collectives. */
  readonly totalS: number;
}

/** Time of one attempt at a rank with nothing unusual about it. */
export function rankTime(work: RankWork, terms: RankTerms, constants: ForecastConstants): RankTime {
  const vcpus = vcpusOf(terms.memoryMb, constants);
  const bytesPerS = constants.downloadBytesPerS.value * Math.min(1, vcpus);
  const callS = constants.s3CallS.value;
  const callsS = callsInTurn * callS;
  const programStartS = work.partitions > 0 ? constants.programStartS.value : 0;
  const modelS = work.partitions > 0 ? callS + terms.modelBytes / bytesPerS : 0;
  const downloadS = work.bytes / bytesPerS;
  const inferenceS = work.samples / (constants.samplesPerVcpuS.value * vcpus);
  // The first bytes must be there before inference begins, and the last predictions be written after it; the rest overlaps.
  const alone = (1 - constants.overlap.value) * Math.min(downloadS, inferenceS);
  const workS = work.partitions > 0 ? Math.max(downloadS, inferenceS) + alone + 2 * callS : 0;
  return {
    callsS,
    programStartS,
    modelS,
    downloadS,
    inferenceS,
    workS,
    totalS: callsS + programStartS + modelS + workS,
  };
}
