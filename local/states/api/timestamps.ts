/** Timestamps travel as seconds since the epoch, with milliseconds behind the point. */
export function toEpochSeconds(milliseconds: number): number {
  return milliseconds / 1_000;
}
