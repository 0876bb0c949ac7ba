/** Numbers, of which the least is always at hand: a binary heap. */
export class MinHeap {
  readonly #values: number[] = [];

  get min(): number | undefined {
    return this.#values[0];
  }

  add(value: number): void {
    const values = this.#values;
    let index = values.length;
    values.push(value);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (values[parent] <= value) break;
      values[index] = values[parent];
      index = parent;
    }
    values[index] = value;
  }

  removeMin(): void {
    const values = this.#values;
    const last = values.pop();
    if (last === undefined || values.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= values.length) break;
      const child = left + 1 < values.length && values[left + 1] < values[left] ? left + 1 : left;
      if (values[child] >= last) break;
      values[index] = values[child];
      index = child;
    }
    values[index] = last;
  }
}
