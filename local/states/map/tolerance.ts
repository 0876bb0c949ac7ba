import type { MapRunLimits } from './mapRunHost.js';

/**
 * Whether so many failed items are more than a map run tolerates. Where neither limit is given, none is tolerated; where
 * both are, either one decides.
 */
export function exceedsTolerance(failedItems: number, totalItems: number, limits: MapRunLimits): boolean {
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = limits;
  if (count === undefined && percentage === undefined) return failedItems > 0;
  const overCount = count !== undefined && failedItems > count;
  const overPercentage = percentage !== undefined && totalItems > 0 && (failedItems / totalItems) * 100 > percentage;
  return overCount || overPercentage;
}
