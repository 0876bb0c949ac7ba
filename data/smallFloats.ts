/**
 * The two 16-bit float formats, which travel as bit patterns.
 * Sources: IEEE 754-2008 binary16; bfloat16 as the upper half of binary32.
 */
export interface SmallFloat {
  /** Stored bits of the fraction. */
  readonly fractionBits: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  /** Bit pattern of infinity. */
  readonly infinity: number;
}

export const FLOAT16: SmallFloat = { fractionBits: 10, minExponent: -14, infinity: 0x7c00 };
export const BFLOAT16: SmallFloat = { fractionBits: 7, minExponent: -126, infinity: 0x7f80 };

const SIGN = 0x8000;
const float64 = new Float64Array(1);
const float64Words = new Uint32Array(float64.buffer);
/** Adding and subtracting this rounds a positive double below 2^51 to a whole number, half to even. */
const ROUND = 2 ** 52;

/** Rounds to the nearest representable value, ties to even, in one step; gives its bit pattern. */
export function encodeSmallFloat(value: number, format: SmallFloat): number {
  float64[0] = value;
  const sign = (float64Words[1] >>> 16) & SIGN;
  if (Number.isNaN(value)) return sign | format.infinity | (1 << (format.fractionBits - 1));
  const exponent = Math.max(((float64Words[1] >>> 20) & 0x7ff) - 1023, format.minExponent);
  const units = Math.abs(value) * 2 ** (format.fractionBits - exponent) + ROUND - ROUND;
  const bits = (exponent - format.minExponent) * 2 ** format.fractionBits + units;
  return sign | Math.min(bits, format.infinity);
}

/** binary16 to the bit pattern of the same value as binary32; NaN payloads are kept, as hardware does. */
export function float16ToFloat32Bits(half: number): number {
  const sign = (half & SIGN) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction && (fraction << 13) | 0x400000)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | ((fraction << (13 + shift)) & 0x7fffff)) >>> 0;
}

let float16Table: Uint32Array | undefined;

/** The binary32 bit pattern of every binary16 value, made at the first use (256 KiB). */
export function float16ToFloat32Table(): Uint32Array {
  float16Table ??= Uint32Array.from({ length: 0x10000 }, (_, half) => float16ToFloat32Bits(half));
  return float16Table;
}
