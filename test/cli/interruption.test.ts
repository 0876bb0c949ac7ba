import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { InterruptedError } from '../../cli/errors.js';
import { Interruption } from '../../cli/interruption.js';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

describe('interruption', () => {
  it('asks the command to end at the first signal', () => {
    const source = new FakeProcess();
    const interruption = new Interruption(source);
    expect(interruption.receivedSignal).toBeUndefined();
    source.emit('SIGTERM', 'SIGTERM');
    expect(interruption.signal.reason).toBeInstanceOf(InterruptedError);
    expect(interruption.receivedSignal).toBe('SIGTERM');
    expect(source.exits).toEqual([]);
  });

  it('asks once when nobody reads any more, however many writes fail', () => {
    const source = new FakeProcess();
    const output = new EventEmitter();
    const interruption = new Interruption(source, [output]);
    // A connection that broke raises this; it is nobody's wish that the command ends.
    source.emit('SIGPIPE');
    expect(interruption.signal.aborted).toBe(false);
    for (const _ of [1, 2]) output.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.receivedSignal).toBe('EPIPE');
    expect(source.exits).toEqual([]);
  });

  it('leaves at once at the second', () => {
    const source = new FakeProcess();
    const interruption = new Interruption(source);
    source.emit('SIGINT', 'SIGINT');
    source.emit('SIGINT', 'SIGINT');
    expect(source.exits).toEqual([130]);
    expect(interruption.receivedSignal).toBe('SIGINT');
  });
});
