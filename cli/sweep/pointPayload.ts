import { parsePayload } from '../../run/parsePayload.js';
import type { Payload } from '../../run/payload.js';
import { factorNames } from '../../sweep/factors.js';
import { payloadKeyOf, type Sweep } from '../../sweep/sweepFile.js';
import type { SweepPoint } from '../../sweep/sweepPlan.js';

/** A payload as it is sent, and as it is understood. */
export interface PointPayload {
  readonly written: Readonly<Record<string, unknown>>;
  readonly parsed: Payload;
}

/**
 * The payload of a point: that of the sweep with the point's factors.
 *
 * @param data - What the payload says about the partitions that were made for it; empty when the sweep makes none.
 * @throws PayloadError
 */
export function pointPayload(
  { payload }: Pick<Sweep, 'payload'>,
  { factors }: SweepPoint,
  data: Readonly<Record<string, unknown>>,
): PointPayload {
  const ours = factorNames.flatMap((name) => {
    const key = payloadKeyOf[name];
    return key === undefined || factors[name] === undefined ? [] : [[key, factors[name]] as const];
  });
  const written = { ...payload, ...data, ...Object.fromEntries(ours) };
  return { written, parsed: parsePayload(written) };
}
