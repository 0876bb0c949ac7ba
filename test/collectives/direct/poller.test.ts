import { describe, expect, it } from 'vitest';
import { type Pollable, Poller } from '../../../collectives/direct/poller.js';

/** A stream on which something moves as often as the test says. */
class FakeStream implements Pollable {
  isWanted = true;
  /** Looks at which something still moves. */
  moves = 0;
  polls = 0;
  rests = 0;
  onPoll: () => void = () => {};

  poll(): boolean {
    this.polls += 1;
    this.onPoll();
    if (this.moves === 0) return false;
    this.moves -= 1;
    return true;
  }

  rest(): void {
    this.rests += 1;
  }
}

function polling(pollMs: number, streams: readonly FakeStream[]) {
  const log = { yields: 0 };
  const poller = new Poller({
    pollMs,
    yieldCpu: () => {
      log.yields += 1;
    },
  });
  for (const stream of streams) poller.attend(stream);
  return { poller, log };
}

const atRest = async (stream: FakeStream) => {
  while (stream.rests === 0) await new Promise((resolve) => setImmediate(resolve));
};

describe('a poller', () => {
  it('looks at streams that are wanted until nothing has moved for so long, and then lets all rest', async () => {
    const [wanted, other] = [new FakeStream(), new FakeStream()];
    other.isWanted = false;
    wanted.moves = 500;
    const { poller, log } = polling(5, [wanted, other]);
    const startMs = performance.now();
    expect(poller.stir()).toBe(true);
    await atRest(wanted);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(5);
    expect(wanted.moves).toBe(0);
    // It gives way after looks at which nothing moved, and after no others.
    expect(log.yields).toBeGreaterThan(0);
    expect(log.yields).toBeLessThan(wanted.polls - 499);
    expect([other.polls, other.rests, wanted.rests]).toEqual([0, 1, 1]);
  });

  it('ends at once when nobody waits any more', async () => {
    const stream = new FakeStream();
    stream.onPoll = () => {
      stream.isWanted = stream.polls < 3;
    };
    const { poller } = polling(60_000, [stream]);
    poller.stir();
    await atRest(stream);
    expect(stream.polls).toBe(3);
  });

  it('never begins when it may not', async () => {
    const stream = new FakeStream();
    const { poller } = polling(0, [stream]);
    expect(poller.stir()).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.polls).toBe(0);
  });

  it('lets the event loop turn while it polls', async () => {
    const stream = new FakeStream();
    const { poller } = polling(60_000, [stream]);
    poller.stir();
    await new Promise((resolve) => setTimeout(resolve, 2));
    const turned = stream.polls;
    await new Promise((resolve) => setImmediate(resolve));
    stream.isWanted = false;
    await atRest(stream);
    expect(turned).toBeGreaterThan(0);
  });

  it('lets the event loop turn when it begins and ends again and again, without a turn in between', async () => {
    const stream = new FakeStream();
    const { poller } = polling(60_000, [stream]);
    let hasTurned = false;
    setImmediate(() => {
      hasTurned = true;
    });
    // Every look ends the waiting, and brings about the next at once.
    const again = () => {
      stream.isWanted = !hasTurned;
      poller.stir();
      if (!hasTurned) poller.after(0, again);
    };
    again();
    await atRest(stream);
    expect(hasTurned).toBe(true);
  });

  it('looks again only after whoever waited has gone on to where it waits next, however many steps that takes', async () => {
    const stream = new FakeStream();
    stream.moves = 1;
    const order: string[] = [];
    stream.onPoll = () => {
      order.push('look');
      if (stream.polls > 1) stream.isWanted = false;
      else void manySteps().then(() => order.push('went on'));
    };
    const { poller } = polling(60_000, [stream]);
    poller.stir();
    await atRest(stream);
    expect(order).toEqual(['look', 'went on', 'look']);
  });

  it('calls what is due after its time, and at the latest when it ends', async () => {
    const stream = new FakeStream();
    const { poller } = polling(20, [stream]);
    poller.stir();
    const called: string[] = [];
    const startMs = performance.now();
    let soonMs = 0;
    poller.after(2, () => {
      soonMs = performance.now() - startMs;
      called.push('soon');
    });
    poller.after(60_000, () => called.push('at the end'));
    await atRest(stream);
    expect(called).toEqual(['soon', 'at the end']);
    expect(soonMs).toBeGreaterThanOrEqual(2);
    const later = new Promise<void>((resolve) => poller.after(60_000, resolve));
    await later;
  });

  it('forgets a stream even while it looks at it', async () => {
    const [first, second] = [new FakeStream(), new FakeStream()];
    const { poller } = polling(1, [first, second]);
    first.onPoll = () => poller.forget(first);
    poller.stir();
    await atRest(second);
    expect([first.polls, first.rests]).toEqual([1, 0]);
    expect(second.polls).toBeGreaterThan(1);
  });
});

async function manySteps(): Promise<void> {
  for (let step = 0; step < 20; step++) await Promise.resolve();
}
