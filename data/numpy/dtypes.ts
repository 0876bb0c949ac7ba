import type { Dtype } from '../../run/tensor.js';

/** NumPy array-protocol type codes without their byte order. Source: NumPy, "The array interface", `typestr`. */
export const numpyCodes: ReadonlyMap<string, Dtype> = new Map([
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['i2', 'int16'],
  ['u2', 'uint16'],
  ['i4', 'int32'],
  ['u4', 'uint32'],
  ['i8', 'int64'],
  ['u8', 'uint64'],
  ['b1', 'bool'],
]);

/** What a type code that is refused stands for, in words. */
export function refusedCode(descr: string): string {
  const kinds: Record<string, string> = {
    O: 'Python objects',
    S: 'byte strings',
    a: 'byte strings',
    U: 'Unicode strings',
    V: 'raw records',
    c: 'complex numbers',
    M: 'dates',
    m: 'time differences',
    f: 'extended precision numbers',
  };
  const kind = kinds[descr.replace(/^[<>|=]/, '')[0] ?? ''];
  return kind ? `dtype '${descr}' (${kind})` : `dtype '${descr}'`;
}
