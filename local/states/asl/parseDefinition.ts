import { z } from 'zod';
import { messageOf } from '../../../run/errors.js';
import { type DefinitionFault, InvalidDefinitionError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject, parseJson, typeName } from '../json.js';
import type { Flow, State, StateMachineDefinition, StateType } from './definition.js';
import { atLeast, plainNumber, text } from './fields.js';
import { jsonataSchemas } from './jsonataSchemas.js';
import { jsonPathSchemas } from './jsonPathSchemas.js';
import { jsonPointer } from './jsonPointer.js';
import { checkRules } from './rules.js';
import type { TaskResources } from './taskResources.js';
import { complaintsOf, passOn } from './zodIssues.js';

/** What checking a definition found. */
export interface DefinitionCheck {
  definition?: StateMachineDefinition;
  faults: DefinitionFault[];
}

/** Largest text of a definition, in bytes. */
const maximumDefinitionBytes = 2 ** 20;

/** Checks a definition and names every fault in it at once. */
export function checkDefinition(source: string, resources: TaskResources): DefinitionCheck {
  if (Buffer.byteLength(source) > maximumDefinitionBytes) {
    return { faults: [schemaFault([], `the definition is larger than ${maximumDefinitionBytes} bytes`)] };
  }
  let raw: Json;
  try {
    raw = parseJson(source);
  } catch (error) {
    return { faults: [{ code: 'INVALID_JSON_DESCRIPTION', location: '', message: messageOf(error) }] };
  }
  if (!isJsonObject(raw)) return { faults: [schemaFault([], `must be an object, not ${typeName(raw)}`)] };
  const parsed = machineSchema(raw).safeParse(raw);
  const faults = [
    ...complaintsOf(parsed.error).map(({ path, message }) => schemaFault(path, message)),
    ...checkRules(raw, resources),
  ];
  return faults.length === 0 && parsed.success ? { definition: parsed.data, faults } : { faults };
}

/** As `checkDefinition`. @throws InvalidDefinitionError */
export function parseDefinition(source: string, resources: TaskResources): StateMachineDefinition {
  const { definition, faults } = checkDefinition(source, resources);
  if (definition === undefined) throw new InvalidDefinitionError(faults);
  return definition;
}

function machineSchema(raw: JsonObject): z.ZodType<StateMachineDefinition> {
  const machineLanguage = raw.QueryLanguage === 'JSONata' ? 'JSONata' : 'JSONPath';
  const state: z.ZodType<State> = z.unknown().transform((value, ctx) => {
    const fields: JsonObject | undefined = isJsonObject(value)
      ? { QueryLanguage: machineLanguage, ...value }
      : undefined;
    if (machineLanguage === 'JSONata' && fields?.QueryLanguage === 'JSONPath') {
      ctx.addIssue({
        code: 'custom',
        path: ['QueryLanguage'],
        message: 'a state of a JSONata state machine cannot go back to JSONPath',
      });
      return z.NEVER;
    }
    const schemas = fields?.QueryLanguage === 'JSONata' ? jsonata : jsonPath;
    const type = fields?.Type;
    if (typeof type !== 'string' || !isStateType(type, schemas)) {
      ctx.addIssue({ code: 'custom', path: ['Type'], message: `must be one of ${Object.keys(schemas).join(', ')}` });
      return z.NEVER;
    }
    const parsed = schemas[type].safeParse(fields);
    if (parsed.success) return parsed.data;
    passOn(parsed.error, ctx);
    return z.NEVER;
  });
  const states = z
    .record(z.string().min(1).max(80), state)
    .refine((value) => Object.keys(value).length > 0, 'needs at least one state');
  const flow: z.ZodType<Flow> = z.strictObject({ StartAt: text, States: states, Comment: text.optional() });
  const jsonPath = jsonPathSchemas(flow);
  const jsonata = jsonataSchemas(flow);
  return z.strictObject({
    StartAt: text,
    States: states,
    Comment: text.optional(),
    QueryLanguage: z.enum(['JSONPath', 'JSONata']).default('JSONPath'),
    TimeoutSeconds: plainNumber(atLeast(1)).optional(),
    Version: z.literal('1.0', "must be '1.0'").optional(),
  });
}

function isStateType(type: string, schemas: Readonly<Record<StateType, unknown>>): type is StateType {
  return Object.hasOwn(schemas, type);
}

function schemaFault(path: readonly PropertyKey[], message: string): DefinitionFault {
  return { code: 'SCHEMA_VALIDATION_FAILED', location: jsonPointer(path), message };
}
