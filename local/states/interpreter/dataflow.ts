import type { Catcher, ChoiceRule } from '../asl/definition.js';
import { type NumberRule, numberFault } from '../asl/fields.js';
import { StateFailure } from '../errors.js';
import { type Json, type JsonObject, jsonBytes, maximumPayloadBytes } from '../json.js';
import type { MapItem } from './frame.js';

/** What a state hands on: its output, and the variables that change when it exits. */
export interface Completion {
  output: Json;
  assigned: JsonObject;
}

/** A number of a definition: a literal or an expression in `value`, or a path to it in `path`. */
export interface NumberField {
  name: string;
  value?: number | string;
  path?: string;
  rule: NumberRule;
}

/** A text of a definition: a literal or an expression in `value`, or a path or intrinsic call for it in `path`. */
export interface TextField {
  name: string;
  value?: string;
  path?: string;
}

/** How data goes through one visit of a state, in the state's query language. */
export interface Dataflow {
  /** What the work of a Task, or the branches of a Parallel, get as input. */
  workInput(): Promise<Json>;
  /** The items of a Map that reads them from its input. @throws StateFailure when they are no array. */
  items(field: { Items?: Json; ItemsPath?: string }): Promise<Json[]>;
  /** Evaluates a template of the state; `mapItem` is what it sees as the item of a Map. */
  template(template: Json, location: string, mapItem?: MapItem): Promise<Json>;
  /** A number, checked; undefined where the field is absent. */
  number(field: NumberField): Promise<number | undefined>;
  /** A text, checked; undefined where the field is absent. */
  text(field: TextField): Promise<string | undefined>;
  /** Whether a rule of a Choice state applies. */
  choose(rule: ChoiceRule, location: string): Promise<boolean>;
  /** The end of a state that did work. */
  complete(result: Json): Promise<Completion>;
  /** The end of a state that did no work; `rule` is the rule of a Choice state that applied. */
  passOn(rule?: Pick<ChoiceRule, 'Assign' | 'Output'>): Promise<Completion>;
  /** The end of a state whose failure a catcher took. */
  caught(catcher: Catcher, location: string, failure: StateFailure): Promise<Completion>;
}

/** @throws StateFailure States.DataLimitExceeded */
export function checkPayload(value: Json, what: string): void {
  if (jsonBytes(value) <= maximumPayloadBytes) return;
  throw new StateFailure('States.DataLimitExceeded', `${what} exceeds the maximum of ${maximumPayloadBytes} bytes.`);
}

/** Checks what a field evaluated to. @throws StateFailure of the given name */
export function checkedNumber(value: Json, { name, rule }: NumberField, errorName: string): number {
  const fault = numberFault(value, rule);
  if (fault === undefined && typeof value === 'number') return value;
  throw new StateFailure(errorName, `${name} ${fault}, got ${JSON.stringify(value)}.`);
}

/** Checks what a field evaluated to. @throws StateFailure of the given name */
export function checkedText(value: Json, name: string, errorName: string): string {
  if (typeof value === 'string') return value;
  throw new StateFailure(errorName, `${name} must be a string, got ${JSON.stringify(value)}.`);
}
