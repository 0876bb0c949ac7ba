import { createRequire } from 'node:module';

/** What this uses of the optional package bufferutil: the XOR of RFC 6455 section 5.3 in native code. */
interface NativeMasking {
  unmask(bytes: Buffer, mask: Buffer): void;
}

const WORD_BYTES = 4;
const native = loadNative();

function loadNative(): NativeMasking | undefined {
  try {
    return createRequire(import.meta.url)('bufferutil');
  } catch {
    // An optional package without a build for this platform, or left out of a bundle.
    return undefined;
  }
}

/**
 * Takes the mask of a WebSocket frame off its bytes, in place.
 *
 * @param mask its four bytes as a number, little-endian; the lowest belongs to the first of the bytes.
 */
export function unmask(bytes: Buffer, mask: number, how = native): void {
  if (!how) {
    unmaskByWords(bytes, mask);
    return;
  }
  const key = Buffer.alloc(WORD_BYTES);
  key.writeInt32LE(mask);
  how.unmask(bytes, key);
}

/** The same without native code. */
export function unmaskByWords(bytes: Buffer, mask: number): void {
  const aligned = bytes.byteOffset % WORD_BYTES === 0;
  const words = new Int32Array(bytes.buffer, aligned ? bytes.byteOffset : 0, aligned ? bytes.length >> 2 : 0);
  for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ mask;
  for (let index = words.length * WORD_BYTES; index < bytes.length; index++) {
    bytes[index] = (bytes[index] ?? 0) ^ (mask >>> (8 * (index % WORD_BYTES)));
  }
}
