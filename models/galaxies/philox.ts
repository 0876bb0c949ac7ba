const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/** Four unsigned 32-bit words. */
export type PhiloxBlock = readonly [number, number, number, number];

/**
 * One block of Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11): a bijection of
 * the 128-bit counter under a 64-bit key, whose values at consecutive counters pass for random numbers. The block of any
 * counter comes without those before it, so a sample's numbers depend on the sample alone.
 */
export function philox(counter: PhiloxBlock, key0: number, key1: number): PhiloxBlock {
  let [c0, c1, c2, c3] = counter;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < rounds; round++) {
    const high0 = highWord(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = highWord(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The high 32 bits of the 64-bit product of two 32-bit integers. */
function highWord(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowCarry =
    (Math.imul(aLow, bLow) >>> 16) + (Math.imul(aHigh, bLow) & 0xffff) + (Math.imul(aLow, bHigh) & 0xffff);
  const crossed = (Math.imul(aHigh, bLow) >>> 16) + (Math.imul(aLow, bHigh) >>> 16);
  return (Math.imul(aHigh, bHigh) + crossed + (lowCarry >>> 16)) | 0;
}
