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

/** Takes the mask of a WebSocket frame off its bytes, in place. The first byte of the mask belongs to the first of them. */
export function unmask(bytes: Buffer, mask: Buffer, how = native): void {
  if (mask.readUInt32LE(0) === 0) return;
  if (how && bytes.length >= WORD_BYTES * WORD_BYTES) how.unmask(bytes, mask);
  else unmaskByWords(bytes, mask);
}

/** The same without native code. */
export function unmaskByWords(bytes: Buffer, mask: Buffer): void {
  const aligned = bytes.byteOffset % WORD_BYTES === 0;
  const words = aligned ? new Int32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / WORD_BYTES)) : [];
  const key = new Int32Array(Uint8Array.from(mask).buffer)[0] ?? 0;
  for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ key;
  for (let index = words.length * WORD_BYTES; index < bytes.length; index++) {
    bytes[index] = (bytes[index] ?? 0) ^ (mask[index % WORD_BYTES] ?? 0);
  }
}
