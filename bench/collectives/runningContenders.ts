import type { BenchRow } from '../../cli/bench/benchRow.js';
import type { OperationName } from '../../cli/bench/operations.js';
import type { MeasurementBudget } from '../../cli/bench/rankGroup.js';
import type { Contender, ContenderName, Contenders } from './contenders.js';

/** The worlds of one size that take turns. One whose ranks failed is replaced by a new one before it is asked again. */
export class RunningContenders {
  readonly #contenders: Contenders;
  readonly #ranks: number;
  readonly #running = new Map<ContenderName, Contender>();

  constructor(contenders: Contenders, ranks: number) {
    this.#contenders = contenders;
    this.#ranks = ranks;
  }

  async start(name: ContenderName): Promise<Contender> {
    const known = this.#running.get(name);
    if (known) return known;
    const contender = await this.#contenders.start(name, this.#ranks);
    this.#running.set(name, contender);
    return contender;
  }

  /** @returns undefined when the contender does not have the operation. */
  async measure(
    name: ContenderName,
    operation: OperationName,
    bytes: number,
    budget: MeasurementBudget,
  ): Promise<BenchRow | undefined> {
    const contender = await this.start(name);
    try {
      return await contender.measure(operation, bytes, budget);
    } catch (error) {
      this.#running.delete(name);
      await contender.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const running = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(running.map((contender) => contender.close()));
  }
}
