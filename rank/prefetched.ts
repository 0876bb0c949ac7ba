/** An async generator whose first step is taken at once, so that its work begins before anybody asks for the result. */
export class Prefetched<T> implements AsyncIterator<T, void> {
  readonly #source: AsyncGenerator<T, void>;
  #first: Promise<IteratorResult<T, void>> | undefined;

  constructor(source: AsyncGenerator<T, void>) {
    this.#source = source;
    this.#first = source.next();
    // It is awaited later; until then its failure has nobody to go to.
    this.#first.catch(() => undefined);
  }

  next(): Promise<IteratorResult<T, void>> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#source.next();
  }

  async return(): Promise<IteratorResult<T, void>> {
    await this.#source.return();
    return { done: true, value: undefined };
  }
}
