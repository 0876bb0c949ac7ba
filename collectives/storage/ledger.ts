import { z } from 'zod';
import { CorruptMessageError } from './errors.js';
import { type GroupState, groupStateSchema } from './groupState.js';
import type { ObjectExchange } from './objectExchange.js';
import { lastNumber, ledgerEntryName, ledgerPrefix } from './objectNames.js';

/**
 * The states of a group, one object each, numbered without a gap. An entry is written only where there is none, so of
 * several ranks that want to write the next one exactly one succeeds; the others read it and think again. Hence every
 * rank sees the same states in the same order, and whatever a rank concludes from one holds for all of them. A write
 * that arrives late, even that of a rank which has died since, either finds its number taken or follows from what
 * everybody has read.
 */
export class Ledger {
  readonly #exchange: ObjectExchange;
  #state: GroupState;
  #next: number;
  /** Hears of each state in turn. */
  onChange: (state: GroupState, before: GroupState) => void = () => {};

  constructor(exchange: ObjectExchange, first: GroupState) {
    this.#exchange = exchange;
    this.#state = first;
    this.#next = 0;
  }

  get state(): GroupState {
    return this.#state;
  }

  /** Begins at the last entry, for a rank that was not there before. */
  async skipToEnd(): Promise<void> {
    const last = (await this.#exchange.list(ledgerPrefix)).at(-1);
    if (last) this.#next = lastNumber(last.name);
    await this.advance();
  }

  /** Reads what others have written; whether there was anything. @throws CorruptMessageError */
  async advance(): Promise<boolean> {
    for (let found = false; ; found = true) {
      const index = this.#next;
      const bytes = await this.#exchange.get(ledgerEntryName(index));
      if (!bytes) return found;
      this.#apply(index, parseState(ledgerEntryName(index), bytes));
    }
  }

  /** Writes the state that follows, by `transition`, from whatever is the last one; nothing when that is `undefined`. */
  async propose(transition: (state: GroupState) => GroupState | undefined): Promise<void> {
    for (;;) {
      const index = this.#next;
      const proposed = transition(this.#state);
      if (!proposed) return;
      const bytes = Buffer.from(JSON.stringify(proposed));
      if (await this.#exchange.putIfAbsent(ledgerEntryName(index), bytes)) return this.#apply(index, proposed);
      await this.advance();
    }
  }

  /** Two looks side by side may bring the same entry. */
  #apply(index: number, state: GroupState): void {
    if (index !== this.#next) return;
    this.#next += 1;
    const before = this.#state;
    this.#state = state;
    this.onChange(state, before);
  }
}

function parseState(name: string, bytes: Uint8Array): GroupState {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    throw new CorruptMessageError(name, 'it is not JSON');
  }
  const parsed = groupStateSchema.safeParse(content);
  if (!parsed.success) throw new CorruptMessageError(name, z.prettifyError(parsed.error));
  return parsed.data;
}
