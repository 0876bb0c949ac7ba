import { InvalidParameterValueError, TooManyRequestsError } from './errors.js';
import type { FunctionRegistry } from './functionRegistry.js';

/** Unreserved executions that AWS always keeps for functions without a reservation. */
const minimumUnreserved = 100;

/**
 * Counts the executions under way against the account's limit and the functions' reservations.
 *
 * A function with reserved concurrency draws on its own share only; all others share what the reservations leave.
 */
export class ConcurrencyLimits {
  readonly accountLimit: number;
  readonly #registry: FunctionRegistry;
  readonly #inFlight = new Map<string, number>();

  constructor(registry: FunctionRegistry, accountLimit: number) {
    if (!Number.isInteger(accountLimit) || accountLimit < 1)
      throw new InvalidParameterValueError(
        `The account's concurrency must be an integer of 1 or more, not ${accountLimit}.`,
      );
    this.accountLimit = accountLimit;
    this.#registry = registry;
    this.#checkUnreserved(registry.totalReservedConcurrency());
  }

  /** Executions that functions without a reservation share. */
  get unreserved(): number {
    return this.accountLimit - this.#registry.totalReservedConcurrency();
  }

  /** Executions of a function that are under way. */
  inFlight(name: string): number {
    return this.#inFlight.get(name) ?? 0;
  }

  /**
   * Takes one execution of the function.
   *
   * @returns the way to give it back.
   * @throws TooManyRequestsError when none is free.
   */
  acquire(name: string): () => void {
    const reserved = this.#registry.reservedConcurrency(name);
    if (reserved !== undefined) {
      if (this.inFlight(name) >= reserved)
        throw new TooManyRequestsError('ReservedFunctionConcurrentInvocationLimitExceeded');
    } else if (this.#unreservedInFlight() >= this.unreserved) {
      throw new TooManyRequestsError('ConcurrentInvocationLimitExceeded');
    }
    this.#inFlight.set(name, this.inFlight(name) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#inFlight.set(name, this.inFlight(name) - 1);
    };
  }

  /**
   * Reserves executions for a function.
   *
   * @throws InvalidParameterValueError when less than 100 (or less than the whole account, if that is smaller) would
   * stay unreserved, as AWS requires.
   */
  async reserve(name: string, executions: number): Promise<void> {
    const others = this.#registry.totalReservedConcurrency() - (this.#registry.reservedConcurrency(name) ?? 0);
    if (executions > 0) this.#checkUnreserved(others + executions);
    await this.#registry.reserveConcurrency(name, executions);
  }

  #checkUnreserved(totalReserved: number): void {
    const minimum = Math.min(minimumUnreserved, this.accountLimit);
    if (totalReserved > 0 && this.accountLimit - totalReserved < minimum)
      throw new InvalidParameterValueError(
        `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution ` +
          `below its minimum value of [${minimum}].`,
      );
  }

  #unreservedInFlight(): number {
    let total = 0;
    for (const [name, count] of this.#inFlight)
      if (this.#registry.reservedConcurrency(name) === undefined) total += count;
    return total;
  }
}
