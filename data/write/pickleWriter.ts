/** Writes the few pickle opcodes (protocol 2) that a torch file needs. Source: Python's `pickletools`. */
export class PickleWriter {
  readonly #parts: Buffer[] = [Buffer.from([0x80, 2])];

  global(module: string, name: string): this {
    return this.#raw('c', Buffer.from(`${module}\n${name}\n`));
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return this.#raw('X', Buffer.concat([length, bytes]));
  }

  /** A whole number from 0, in the shortest form up to int32, else as eight bytes. */
  count(value: number): this {
    if (value < 2 ** 31) {
      const operand = Buffer.alloc(4);
      operand.writeInt32LE(value);
      return this.#raw('J', operand);
    }
    const operand = Buffer.alloc(9);
    operand.writeUInt8(8);
    operand.writeBigInt64LE(BigInt(value), 1);
    return this.#raw('\x8a', operand);
  }

  counts(values: readonly number[]): this {
    return this.tuple(() => {
      for (const value of values) this.count(value);
    });
  }

  tuple(items: () => void): this {
    this.#raw('(');
    items();
    return this.#raw('t');
  }

  dict(items: () => void): this {
    this.#raw('}').#raw('(');
    items();
    return this.#raw('u');
  }

  emptyTuple(): this {
    return this.#raw(')');
  }

  false(): this {
    return this.#raw('\x89');
  }

  /** Calls the global below the tuple on top. */
  reduce(): this {
    return this.#raw('R');
  }

  /** Makes an instance of the global below the tuple on top. */
  newObject(): this {
    return this.#raw('\x81');
  }

  /** Sets the dict on top as the state of the instance below it. */
  build(): this {
    return this.#raw('b');
  }

  /** Turns the tuple on top into a reference to something outside the pickle. */
  external(): this {
    return this.#raw('Q');
  }

  finish(): Buffer {
    this.#raw('.');
    return Buffer.concat(this.#parts);
  }

  #raw(opcode: string, operand: Buffer = Buffer.alloc(0)): this {
    this.#parts.push(Buffer.from(opcode, 'latin1'), operand);
    return this;
  }
}
