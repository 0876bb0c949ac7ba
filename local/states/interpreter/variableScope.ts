import { StateFailure } from '../errors.js';
import { type Json, type JsonObject, jsonBytes, maximumPayloadBytes } from '../json.js';

/**
 * The variables of one flow. A scope inside another reads the outer one's variables and assigns its own; the outer one
 * does not change while a scope inside it lives, because the state that holds the inner flow has not ended.
 */
export class VariableScope {
  readonly #values: Map<string, Json>;

  constructor(outer?: VariableScope) {
    this.#values = new Map(outer?.visible);
  }

  /** Every variable that expressions can read here. */
  get visible(): ReadonlyMap<string, Json> {
    return this.#values;
  }

  /** @throws StateFailure States.DataLimitExceeded when one state assigns more than a payload holds. */
  assign(values: JsonObject): void {
    const entries = Object.entries(values);
    if (entries.length === 0) return;
    if (jsonBytes(values) > maximumPayloadBytes) {
      throw new StateFailure(
        'States.DataLimitExceeded',
        `The variables assigned by a state exceed ${maximumPayloadBytes} bytes.`,
      );
    }
    for (const [name, value] of entries) this.#values.set(name, value);
  }
}
