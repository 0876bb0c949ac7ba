import type { Catcher, ChoiceRule, DataFields } from '../asl/definition.js';
import { StateFailure } from '../errors.js';
import { compilePath, type PathScope, resolvePath } from '../expressions/jsonPath.js';
import { evaluatePathOrIntrinsic, evaluateTemplate, type TemplateScope } from '../expressions/payloadTemplate.js';
import { insertAt } from '../expressions/referencePath.js';
import { isJsonObject, type Json, type JsonObject, typeName } from '../json.js';
import { choiceRuleApplies } from './choiceRule.js';
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

/** Data through a state in JSONPath: InputPath, Parameters, ResultSelector, Assign, ResultPath, OutputPath, in this order. */
export class JsonPathDataflow implements Dataflow {
  readonly #fields: DataFields;
  readonly #visit: StateVisit;

  constructor(fields: DataFields, visit: StateVisit) {
    this.#fields = fields;
    this.#visit = visit;
  }

  async workInput(): Promise<Json> {
    const input = this.#effectiveInput();
    const { Parameters: parameters } = this.#fields;
    return parameters === undefined ? input : evaluateTemplate(parameters, this.#scope(input));
  }

  async items({ ItemsPath: path }: { ItemsPath?: string }): Promise<Json[]> {
    const input = this.#effectiveInput();
    const items = path === undefined ? input : resolvePath(compilePath(path), this.#scope(input));
    if (Array.isArray(items)) return items;
    throw new StateFailure(
      'States.Runtime',
      `Reference path '${path ?? '$'}' must point to an array, not ${typeName(items)}.`,
    );
  }

  async template(template: Json, _location: string, mapItem?: MapItem): Promise<Json> {
    return evaluateTemplate(template, this.#scope(this.#effectiveInput(), mapItem));
  }

  async number(field: NumberField): Promise<number | undefined> {
    if (field.path === undefined) return typeof field.value === 'number' ? field.value : undefined;
    const value = resolvePath(compilePath(field.path), this.#scope(this.#effectiveInput()));
    return checkedNumber(value, { ...field, name: `${field.name}Path` }, 'States.Runtime');
  }

  async text({ name, value, path }: TextField): Promise<string | undefined> {
    if (path === undefined) return value;
    return checkedText(
      evaluatePathOrIntrinsic(path, this.#scope(this.#effectiveInput())),
      `${name}Path`,
      'States.Runtime',
    );
  }

  async choose({ test }: ChoiceRule): Promise<boolean> {
    return choiceRuleApplies(test ?? {}, this.#scope(this.#effectiveInput()));
  }

  async complete(result: Json): Promise<Completion> {
    const { ResultSelector: selector, ResultPath: resultPath } = this.#fields;
    const selected = selector === undefined ? result : evaluateTemplate(selector, this.#scope(result));
    const assigned = this.#assign(this.#fields.Assign, selected);
    return { output: this.#outputPath(this.#place(selected, resultPath)), assigned };
  }

  async passOn(rule?: Pick<ChoiceRule, 'Assign'>): Promise<Completion> {
    const input = this.#effectiveInput();
    return { output: this.#outputPath(input), assigned: this.#assign((rule ?? this.#fields).Assign, input) };
  }

  async caught(
    { ResultPath: resultPath, Assign: assign }: Catcher,
    _location: string,
    failure: StateFailure,
  ): Promise<Completion> {
    const errorOutput = failure.toOutput();
    return { output: this.#place(errorOutput, resultPath), assigned: this.#assign(assign, errorOutput) };
  }

  #effectiveInput(): Json {
    const { InputPath: path } = this.#fields;
    if (path === null) return {};
    return path === undefined ? this.#visit.input : resolvePath(compilePath(path), this.#scope(this.#visit.input));
  }

  #place(result: Json, resultPath: string | null | undefined): Json {
    if (resultPath === null) return this.#visit.input;
    return resultPath === undefined ? result : insertAt(this.#visit.input, resultPath, result);
  }

  #outputPath(value: Json): Json {
    const { OutputPath: path } = this.#fields;
    if (path === null) return {};
    return path === undefined ? value : resolvePath(compilePath(path), this.#scope(value));
  }

  #assign(template: JsonObject | undefined, input: Json): JsonObject {
    const assigned = evaluateTemplate(template ?? {}, this.#scope(input));
    return isJsonObject(assigned) ? assigned : {};
  }

  #scope(input: Json, mapItem?: MapItem): PathScope & TemplateScope {
    const { scope, environment } = this.#visit.frame;
    return {
      input,
      context: this.#visit.context(mapItem),
      variable: (name) => scope.visible.get(name),
      random: environment.random,
    };
  }
}
