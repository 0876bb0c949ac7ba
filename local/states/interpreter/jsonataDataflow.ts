import type { Catcher, ChoiceRule, DataFields } from '../asl/definition.js';
import { EvaluationFailure, StateFailure } from '../errors.js';
import { evaluateJsonata } from '../expressions/jsonata.js';
import { isJsonObject, type Json, type JsonObject, typeName } from '../json.js';
import {
  type Completion,
  checkedNumber,
  checkedText,
  type Dataflow,
  type NumberField,
  type TextField,
} from './dataflow.js';
import type { MapItem } from './frame.js';
import type { StateVisit } from './stateVisit.js';

const evaluationError = 'States.QueryEvaluationError';

/** Data through a state in JSONata: Arguments in, Assign and Output out, all of them seeing the variables as on entry. */
export class JsonataDataflow implements Dataflow {
  readonly #fields: DataFields;
  readonly #visit: StateVisit;

  constructor(fields: DataFields, visit: StateVisit) {
    this.#fields = fields;
    this.#visit = visit;
  }

  async workInput(): Promise<Json> {
    const { Arguments: template } = this.#fields;
    return template === undefined ? this.#visit.input : this.#evaluate(template, 'Arguments', {});
  }

  async items({ Items: template }: { Items?: Json }): Promise<Json[]> {
    const items = template === undefined ? this.#visit.input : await this.#evaluate(template, 'Items', {});
    if (Array.isArray(items)) return items;
    throw new EvaluationFailure(evaluationError, `Items must be an array, not ${typeName(items)}.`, 'Items');
  }

  template(template: Json, location: string, mapItem?: MapItem): Promise<Json> {
    return this.#evaluate(template, location, {}, mapItem);
  }

  async number(field: NumberField): Promise<number | undefined> {
    if (field.value === undefined) return undefined;
    return this.#located(field.name, async () =>
      checkedNumber(await this.#evaluate(field.value ?? null, field.name, {}), field, evaluationError),
    );
  }

  async text({ name, value }: TextField): Promise<string | undefined> {
    if (value === undefined) return undefined;
    return this.#located(name, async () => checkedText(await this.#evaluate(value, name, {}), name, evaluationError));
  }

  async choose({ Condition: condition }: ChoiceRule, location: string): Promise<boolean> {
    const where = `${location}/Condition`;
    const value = await this.#evaluate(condition ?? false, where, {});
    if (typeof value === 'boolean') return value;
    throw new EvaluationFailure(evaluationError, `Condition must be a boolean, got ${JSON.stringify(value)}.`, where);
  }

  complete(result: Json): Promise<Completion> {
    return this.#finish(this.#fields, result, '', { result });
  }

  passOn(rule?: Pick<ChoiceRule, 'Assign' | 'Output'>): Promise<Completion> {
    const Output = rule?.Output ?? this.#fields.Output;
    return this.#finish({ Assign: (rule ?? this.#fields).Assign, Output }, this.#visit.input, '', {});
  }

  caught(catcher: Catcher, location: string, failure: StateFailure): Promise<Completion> {
    const errorOutput = failure.toOutput();
    return this.#finish(catcher, errorOutput, `${location}/`, { errorOutput });
  }

  async #finish(
    { Assign: assign, Output: output }: { Assign?: JsonObject; Output?: Json },
    otherwise: Json,
    prefix: string,
    extra: JsonObject,
  ): Promise<Completion> {
    const assigned = assign === undefined ? {} : await this.#evaluate(assign, `${prefix}Assign`, extra);
    return {
      output: output === undefined ? otherwise : await this.#evaluate(output, `${prefix}Output`, extra),
      assigned: isJsonObject(assigned) ? assigned : {},
    };
  }

  #evaluate(template: Json, location: string, extra: JsonObject, mapItem?: MapItem): Promise<Json> {
    const { scope, environment } = this.#visit.frame;
    const states = { input: this.#visit.input, context: this.#visit.context(mapItem), ...extra };
    return evaluateJsonata(template, location, { states, variables: scope.visible, random: environment.random });
  }

  /** Gives a failed check the place of its field, so that the history names it. */
  async #located<Value>(location: string, evaluate: () => Promise<Value>): Promise<Value> {
    try {
      return await evaluate();
    } catch (error) {
      if (!(error instanceof StateFailure) || error instanceof EvaluationFailure) throw error;
      throw new EvaluationFailure(error.errorName, error.causeText, location, error);
    }
  }
}
