import wabt from 'wabt';

/** Vector instruction of each kernel, by operator and type. Integers that only differ in sign share what wraps around. */
const instructions: Readonly<Record<string, string>> = {
  sumF32: 'f32x4.add',
  prodF32: 'f32x4.mul',
  minF32: 'f32x4.min',
  maxF32: 'f32x4.max',
  sumF64: 'f64x2.add',
  prodF64: 'f64x2.mul',
  minF64: 'f64x2.min',
  maxF64: 'f64x2.max',
  sumI32: 'i32x4.add',
  prodI32: 'i32x4.mul',
  minI32: 'i32x4.min_s',
  maxI32: 'i32x4.max_s',
  sumI64: 'i64x2.add',
  prodI64: 'i64x2.mul',
};

/** Four vectors of 16 bytes a turn. */
const offsets = [0, 16, 32, 48];

/** `name(left, right, bytes)`: left becomes left . right. `bytes` is a multiple of 64 above 0. */
function kernel([name, instruction]: [string, string]): string {
  const vector = (offset: number) => `
      (v128.store offset=${offset} (local.get $left)
        (${instruction} (v128.load offset=${offset} (local.get $left)) (v128.load offset=${offset} (local.get $right))))`;
  return `
  (func (export "${name}") (param $left i32) (param $right i32) (param $bytes i32) (local $end i32)
    (local.set $end (i32.add (local.get $left) (local.get $bytes)))
    (loop $turn${offsets.map(vector).join('')}
      (local.set $left (i32.add (local.get $left) (i32.const 64)))
      (local.set $right (i32.add (local.get $right) (i32.const 64)))
      (br_if $turn (i32.lt_u (local.get $left) (local.get $end)))))`;
}

/** The reduction kernels as WebAssembly text: a page of memory (65,536 bytes) and a function for each operator and type. */
export const kernelSource = `(module
  (memory (export "memory") 1 1)${Object.entries(instructions).map(kernel).join('')})
`;

/** Compiles the kernels. */
export async function kernelBytes(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat('kernels.wat', kernelSource, { simd: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
