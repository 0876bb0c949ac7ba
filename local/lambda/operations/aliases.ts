import { z } from 'zod';
import { descriptionSchema } from '../functionDefinition.js';
import { functionArn } from '../functionName.js';
import type { FunctionAlias } from '../functionRevision.js';
import { parseParameters } from '../parameters.js';
import {
  json,
  type LambdaAnswer,
  type LambdaRequest,
  type LambdaState,
  page,
  type Route,
  readJson,
  unqualifiedName,
} from './operation.js';

export const aliasRoutes: readonly Route[] = [
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/aliases$/, createAlias],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/aliases$/, listAliases],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/, getAlias],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/, updateAlias],
  ['DELETE', /^\/2015-03-31\/functions\/([^/]+)\/aliases\/([^/]+)$/, deleteAlias],
];

const versionSchema = z.string().regex(/^(\$LATEST|\d+)$/, 'must be $LATEST or the number of a version');
const aliasNameSchema = z
  .string()
  .regex(/^(?!\d+$)[a-zA-Z0-9-_]{1,128}$/, 'must be letters, digits, hyphens and underscores, and not a number');

const createSchema = z.strictObject({
  Name: aliasNameSchema,
  FunctionVersion: versionSchema,
  Description: descriptionSchema.default(''),
});
const updateSchema = z.strictObject({
  FunctionVersion: versionSchema.optional(),
  Description: descriptionSchema.optional(),
  RevisionId: z.string().optional(),
});

async function createAlias(state: LambdaState, request: LambdaRequest, functionName: string): Promise<LambdaAnswer> {
  const name = unqualifiedName(state, request, functionName);
  const { Name, FunctionVersion, Description } = parseParameters(createSchema, readJson(request.body));
  const alias = { name: Name, version: FunctionVersion, description: Description };
  return json(describeAlias(state, name, await state.registry.createAlias(name, alias)), 201);
}

function listAliases(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  const name = unqualifiedName(state, request, functionName);
  const version = request.query.get('FunctionVersion');
  const aliases = state.registry.record(name).aliases.filter((alias) => version === null || alias.version === version);
  const { items, ...next } = page(aliases, request.query);
  return json({ Aliases: items.map((alias) => describeAlias(state, name, alias)), ...next });
}

function getAlias(state: LambdaState, request: LambdaRequest, functionName: string, alias: string): LambdaAnswer {
  const name = unqualifiedName(state, request, functionName);
  return json(describeAlias(state, name, state.registry.alias(name, alias)));
}

async function updateAlias(
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
  alias: string,
): Promise<LambdaAnswer> {
  const name = unqualifiedName(state, request, functionName);
  const { FunctionVersion, Description, RevisionId } = parseParameters(updateSchema, readJson(request.body));
  const change = {
    ...(FunctionVersion !== undefined && { version: FunctionVersion }),
    ...(Description !== undefined && { description: Description }),
  };
  return json(describeAlias(state, name, await state.registry.updateAlias(name, alias, change, RevisionId)));
}

async function deleteAlias(
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
  alias: string,
): Promise<LambdaAnswer> {
  await state.registry.deleteAlias(unqualifiedName(state, request, functionName), alias);
  return { status: 204 };
}

/** The `AliasConfiguration` shape of the Lambda API. */
function describeAlias({ registry }: LambdaState, functionName: string, alias: FunctionAlias): object {
  return {
    AliasArn: `${functionArn(registry.account, functionName)}:${alias.name}`,
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
  };
}
