import { beforeEach, describe, expect, it } from 'vitest';
import { ObjectOutbox } from '../../../collectives/storage/objectOutbox.js';
import { MemoryExchange } from './memoryExchange.js';

/** An exchange whose writes end when the test says so. */
class HeldExchange extends MemoryExchange {
  readonly begun: string[] = [];
  readonly #ends: ((fault?: Error) => void)[] = [];

  override put(name: string): Promise<void> {
    this.begun.push(name);
    return new Promise((resolve, reject) => this.#ends.push((fault) => (fault ? reject(fault) : resolve())));
  }

  /** Ends the oldest write that is under way. */
  end(fault?: Error): void {
    this.#ends.shift()?.(fault);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what a rank sends', () => {
  const names = Array.from({ length: 200 }, (_, n) => `message ${n}`);
  let exchange: HeldExchange;
  let outbox: ObjectOutbox;
  let faults: unknown[];
  beforeEach(() => {
    exchange = new HeldExchange();
    faults = [];
    outbox = new ObjectOutbox(exchange, (cause) => faults.push(cause));
  });

  it('is written in order, one more whenever one is done', async () => {
    for (const name of names) outbox.write(name, new Uint8Array(0));
    const atOnce = exchange.begun.length;
    expect(atOnce).toBeGreaterThan(8);
    expect(atOnce).toBeLessThan(64);
    for (let done = 1; done <= names.length; done++) {
      exchange.end();
      await turn();
      expect(exchange.begun).toEqual(names.slice(0, atOnce + done));
    }
    await outbox.settled();
  });

  it('is known to be written when it is', async () => {
    const settled: string[] = [];
    for (const name of names.slice(0, 2)) {
      void outbox.write(name, new Uint8Array(0)).promise.then(() => settled.push(name));
    }
    void outbox.settled().then(() => settled.push('all'));
    await turn();
    expect(settled).toEqual([]);
    exchange.end();
    await turn();
    expect(settled).toEqual([names[0]]);
    exchange.end();
    await turn();
    expect(settled).toEqual([names[0], names[1], 'all']);
  });

  it('is written although nobody waits for it any more', async () => {
    const sent = names.map((name) => outbox.write(name, new Uint8Array(0)));
    for (const { promise, cancel } of sent) {
      cancel(new Error('enough'));
      await expect(promise).rejects.toThrow('enough');
    }
    for (let done = 0; done < names.length; done++) {
      exchange.end();
      await turn();
    }
    await outbox.settled();
    expect(exchange.begun).toEqual(names);
  });

  it('is not begun any more once the rank is cut off', async () => {
    for (const name of names) outbox.write(name, new Uint8Array(0));
    const begun = [...exchange.begun];
    outbox.stop();
    exchange.end(new Error('access denied'));
    for (let done = 1; done < begun.length; done++) exchange.end();
    await outbox.settled();
    expect(faults).toEqual([new Error('access denied')]);
    expect(exchange.begun).toEqual(begun);
  });
});
