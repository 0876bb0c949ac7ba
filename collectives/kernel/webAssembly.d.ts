// What the kernel uses of the WebAssembly JavaScript interface (https://www.w3.org/TR/wasm-js-api-2/); the types of Node
// do not have it.
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer;
    private constructor();
  }
  class Module {
    constructor(bytes: ArrayBufferView);
  }
  class Instance {
    readonly exports: Readonly<Record<string, Memory | ((...operands: number[]) => number | undefined)>>;
    constructor(module: Module);
  }
  function validate(bytes: ArrayBufferView): boolean;
}
