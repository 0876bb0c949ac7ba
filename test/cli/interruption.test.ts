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
    const interruption = new Interruption(source);
    source.emit('SIGPIPE');
    source.emit('SIGPIPE');
    expect(interruption.signal.aborted).toBe(true);
    expect(interruption.receivedSignal).toBe('SIGPIPE');
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
