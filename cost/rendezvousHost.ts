import { type Price, priceOf, type RegionPrices, rendezvousInstanceType } from './prices.js';

/** Dollars of an hour of a rendezvous host that runs: the instance and its public IPv4 address. */
export function hostHourUsd({ instanceHours, publicIpv4Hours }: RegionPrices['ec2'], instanceType: string): number {
  const instance: Price = instanceHours[instanceType] ?? instanceHours[rendezvousInstanceType];
  return priceOf(instance, 1) + priceOf(publicIpv4Hours, 1);
}

/** Dollars of a month in which the host is stopped all the time: its volume is all that there is. */
export function hostIdleMonthUsd({ gp3GbMonths }: RegionPrices['ec2'], volumeGb: number): number {
  return priceOf(gp3GbMonths, volumeGb);
}
