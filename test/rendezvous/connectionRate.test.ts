import { expect, it } from 'vitest';
import { ConnectionRate } from '../../rendezvous/connectionRate.js';
import { ManualClock } from './manualClock.js';

function admitted(rate: ConnectionRate, address: string, attempts: number): number {
  return Array.from({ length: attempts }, () => rate.admits(address)).filter(Boolean).length;
}

it('admits a burst of five seconds and then the rate, for each address by itself', () => {
  const clock = new ManualClock();
  const rate = new ConnectionRate(10, clock);
  expect(admitted(rate, 'a', 100)).toBe(50);
  expect(admitted(rate, 'b', 100)).toBe(50);
  clock.advance(2000);
  expect(admitted(rate, 'a', 100)).toBe(20);
  rate.sweep();
  expect(admitted(rate, 'a', 100)).toBe(0);
  clock.advance(60_000);
  rate.sweep();
  expect(admitted(rate, 'a', 100)).toBe(50);
});
