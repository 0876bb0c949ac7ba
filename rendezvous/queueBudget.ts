/** A sender that can be kept from sending more. */
export interface Parkable {
  park(): void;
  unpark(): void;
}

/**
 * The bytes that one server holds for all its members together. Windows keep it within bounds (`windowBytes`); when
 * many groups are busy at once and it is used up all the same, senders are parked until half of it is free again.
 */
export class QueueBudget {
  readonly #maxBytes: number;
  readonly #parked = new Set<Parkable>();
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#parked.size === 0 || this.#usedBytes > this.#maxBytes / 2) return;
    const parked = [...this.#parked];
    this.#parked.clear();
    for (const sender of parked) sender.unpark();
  }

  /** Parks a sender if the budget is used up. True when it was. */
  parkIfFull(sender: Parkable): boolean {
    if (this.#usedBytes <= this.#maxBytes) return false;
    if (!this.#parked.has(sender)) {
      this.#parked.add(sender);
      sender.park();
    }
    return true;
  }

  forget(sender: Parkable): void {
    this.#parked.delete(sender);
  }
}

const SMALLEST_WINDOW_BYTES = 32_768;

/**
 * What each member of a world may have under way: its share of the server's memory, at most what may wait for one
 * member.
 */
export function windowBytes(
  limits: { maxQueuedBytes: number; maxTotalQueuedBytes: number },
  worldSize: number,
): number {
  const share = Math.floor(limits.maxTotalQueuedBytes / worldSize);
  return Math.max(SMALLEST_WINDOW_BYTES, Math.min(limits.maxQueuedBytes, share));
}
