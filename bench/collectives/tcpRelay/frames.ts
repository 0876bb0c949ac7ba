/** Rank and length of the payload, both 32 bits. */
export const headerBytes = 8;

export function header(peer: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes);
  bytes.writeUInt32LE(peer, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

/** Cuts a stream into frames; `frame` holds header and payload. */
export class FrameCutter {
  #header: Buffer = Buffer.alloc(0);
  #frame: Buffer | undefined;
  #filled = 0;

  *cut(chunk: Buffer): Generator<{ peer: number; frame: Buffer }> {
    let at = 0;
    while (at < chunk.length) {
      if (!this.#frame) {
        const missing = headerBytes - this.#header.length;
        this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + missing)]);
        at += Math.min(missing, chunk.length - at);
        if (this.#header.length < headerBytes) return;
        this.#frame = Buffer.allocUnsafeSlow(headerBytes + this.#header.readUInt32LE(4));
        this.#filled = this.#header.copy(this.#frame);
        this.#header = Buffer.alloc(0);
      }
      const copied = chunk.copy(this.#frame, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled < this.#frame.length) return;
      const frame = this.#frame;
      this.#frame = undefined;
      yield { peer: frame.readUInt32LE(0), frame };
    }
  }
}
