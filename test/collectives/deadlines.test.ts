import { expect, it } from 'vitest';
import { Deadlines } from '../../collectives/deadlines.js';
import type { Clock } from '../../rendezvous/clock.js';

/** Time that the test moves by hand. */
class HandClock implements Clock {
  #nowMs = 0;
  readonly timers = new Set<{ atMs: number; everyMs: number | undefined; action: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + delayMs, everyMs: undefined, action });
  }

  every(everyMs: number, action: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + everyMs, everyMs, action });
  }

  advance(durationMs: number): void {
    for (const endMs = this.#nowMs + durationMs; this.#nowMs < endMs; ) {
      this.#nowMs += 1;
      for (const timer of this.timers) {
        if (timer.atMs > this.#nowMs) continue;
        if (timer.everyMs === undefined) this.timers.delete(timer);
        else timer.atMs += timer.everyMs;
        timer.action();
      }
    }
  }

  #add(timer: { atMs: number; everyMs: number | undefined; action: () => void }): () => void {
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }
}

it('expires each deadline once, far ones within a tenth of a second, and none that was met', () => {
  const clock = new HandClock();
  const deadlines = new Deadlines(clock);
  const expired: [timeoutMs: number, atMs: number][] = [];
  const watch = (timeoutMs: number) => {
    const expiring = { timeoutMs, expire: () => expired.push([timeoutMs, clock.nowMs()]) };
    deadlines.watch(expiring);
    return expiring;
  };
  for (const timeoutMs of [60_000, 50, 4999, 5000, 7130]) watch(timeoutMs);
  for (const timeoutMs of [20, 30_000]) deadlines.forget(watch(timeoutMs));
  clock.advance(70_000);
  expect(expired.map(([timeoutMs]) => timeoutMs)).toEqual([50, 4999, 5000, 7130, 60_000]);
  for (const [timeoutMs, atMs] of expired) {
    expect(atMs - timeoutMs).toBeGreaterThanOrEqual(0);
    expect(atMs - timeoutMs).toBeLessThanOrEqual(timeoutMs < 5000 ? 0 : 100);
  }
});

it('has one timer for any number of far deadlines, and none once they are over', () => {
  const clock = new HandClock();
  const deadlines = new Deadlines(clock);
  const all = Array.from({ length: 1000 }, () => ({ timeoutMs: 60_000, expire: () => expect.unreachable() }));
  for (const expiring of all) deadlines.watch(expiring);
  expect(clock.timers.size).toBe(1);
  for (const expiring of all) deadlines.forget(expiring);
  clock.advance(100);
  expect(clock.timers.size).toBe(0);
});

it('knows who is watched, in whatever order they are forgotten, and forgets nobody twice', () => {
  const deadlines = new Deadlines(new HandClock());
  const all = [50, 60_000, 70_000, 20, 80_000].map((timeoutMs) => ({ timeoutMs, expire: () => undefined }));
  for (const expiring of all) deadlines.watch(expiring);
  expect(new Set(deadlines.watched)).toEqual(new Set(all));
  const left = new Set(all);
  for (const place of [1, 4, 0, 2, 3]) {
    const expiring = all[place];
    if (!expiring) throw new Error('there are five');
    deadlines.forget(expiring);
    deadlines.forget(expiring);
    left.delete(expiring);
    expect(new Set(deadlines.watched)).toEqual(left);
  }
});
