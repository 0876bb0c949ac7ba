import { CorruptPartitionError, PickleRefusedError } from '../errors.js';
import type { PickleCursor } from './pickleCursor.js';
import { opcodes } from './pickleOpcodes.js';
import { describe, type PickleGlobal, PickleTuple, type PickleValue } from './pickleValues.js';

/** Decides what a pickle may name and call; everything it does not answer, it refuses by throwing. */
export interface PicklePolicy {
  /** A global that a pickle names. */
  global(module: string, name: string, at: number): PickleGlobal;
  /** The record of a call of a global (REDUCE). */
  call(callable: PickleGlobal, args: PickleTuple, at: number): PickleValue;
  /** A new instance of a global (NEWOBJ). */
  instantiate(type: PickleGlobal, args: PickleTuple, at: number): PickleValue;
  /** Sets the state of an instance (BUILD). */
  setState(object: PickleValue, state: PickleValue, at: number): void;
  /** Something that lies outside the pickle (BINPERSID). */
  external(id: PickleValue, at: number): PickleValue;
}

const MAX_STEPS = 1_000_000;
const MAX_STACK = 100_000;

/** A place on the stack from which a later opcode takes everything. */
const MARK = Symbol('mark');

/**
 * The stack machine of a pickle, reduced to what can build plain data. It never executes anything: names are compared
 * with an allow-list, calls become records.
 * Source of the opcodes: Python's `pickletools`.
 */
export class PickleMachine {
  readonly cursor: PickleCursor;
  readonly policy: PicklePolicy;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  /** Byte of the file at which the current opcode stands. */
  #opcodeOffset = 0;

  constructor(cursor: PickleCursor, policy: PicklePolicy) {
    this.cursor = cursor;
    this.policy = policy;
  }

  /** Runs to STOP and gives what is left on the stack. */
  run(): PickleValue {
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      this.#opcodeOffset = this.cursor.offset;
      const code = this.cursor.uint8();
      if (code === STOP) return this.#finish();
      const opcode = opcodes.get(code);
      if (!opcode) this.refuse(`opcode 0x${code.toString(16).padStart(2, '0')}`, 'the opcodes of plain data');
      opcode(this);
      if (this.#stack.length > MAX_STACK) this.refuse('a deeper stack', `at most ${MAX_STACK} values`);
    }
    return this.refuse(`more than ${MAX_STEPS} opcodes`, 'a pickle that only lists tensors');
  }

  get at(): number {
    return this.#opcodeOffset;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pushMark(): void {
    this.#stack.push(MARK);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) return this.corrupt('an empty stack', 'a value');
    return value;
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) return this.corrupt('an empty stack', 'a value');
    return value;
  }

  popTuple(): PickleTuple {
    const value = this.pop();
    return value instanceof PickleTuple ? value : this.corrupt(describe(value), 'a tuple of arguments');
  }

  /** Everything above the last mark, in the order in which it was pushed; the mark goes too. */
  popToMark(): PickleValue[] {
    const values: PickleValue[] = [];
    for (let value = this.#stack.pop(); value !== MARK; value = this.#stack.pop()) {
      if (value === undefined) return this.corrupt('no mark on the stack', 'one');
      values.push(value);
    }
    return values.reverse();
  }

  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    this.push(value === undefined ? this.corrupt(`memo ${index}, which was never set`, 'an earlier value') : value);
  }

  refuse(found: string, expected: string): never {
    throw new PickleRefusedError({
      file: this.cursor.file,
      offset: this.at,
      found: `a pickle with ${found}`,
      expected,
    });
  }

  corrupt(found: string, expected: string): never {
    throw new CorruptPartitionError({
      file: this.cursor.file,
      offset: this.at,
      found: `a pickle with ${found}`,
      expected,
    });
  }

  #finish(): PickleValue {
    const result = this.pop();
    if (this.#stack.length > 0) this.corrupt(`${this.#stack.length} more values at STOP`, 'one value');
    return result;
  }
}

const STOP = 0x2e;
