import { InvalidParameterValueError } from '../errors.js';
import {
  describeFunction,
  parseCodeChange,
  parseConfigurationChange,
  parseNewFunction,
} from '../functionConfiguration.js';
import { latestVersion } from '../functionRevision.js';
import {
  json,
  type LambdaAnswer,
  type LambdaRequest,
  type LambdaState,
  page,
  type Route,
  readJson,
  referenceOf,
  unqualifiedName,
} from './operation.js';

export const functionRoutes: readonly Route[] = [
  ['POST', /^\/2015-03-31\/functions\/?$/, createFunction],
  ['GET', /^\/2015-03-31\/functions\/?$/, listFunctions],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)$/, getFunction],
  ['DELETE', /^\/2015-03-31\/functions\/([^/]+)$/, deleteFunction],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, getFunctionConfiguration],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/configuration$/, updateFunctionConfiguration],
  ['PUT', /^\/2015-03-31\/functions\/([^/]+)\/code$/, updateFunctionCode],
];

async function createFunction({ registry, code }: LambdaState, { body }: LambdaRequest): Promise<LambdaAnswer> {
  const { definition, source, publish } = parseNewFunction(readJson(body));
  const unpacked = await code.unpack(source);
  const { definition: created } = await registry.create({ ...definition, ...unpacked });
  const revision = publish ? await registry.publish(created.name) : registry.get({ name: created.name });
  return json(describeFunction(registry.account, revision), 201);
}

function listFunctions({ registry }: LambdaState, { query }: LambdaRequest): LambdaAnswer {
  const { items, ...next } = page(registry.list(), query);
  return json({ Functions: items.map((revision) => describeFunction(registry.account, revision)), ...next });
}

function getFunction(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  const { registry } = state;
  const revision = registry.get(referenceOf(state, request, functionName));
  const { name, artifactFolder, tags } = revision.definition;
  const reserved = registry.reservedConcurrency(name);
  return json({
    Configuration: describeFunction(registry.account, revision),
    Code: { RepositoryType: 'LocalFolder', Location: artifactFolder },
    ...(tags && { Tags: tags }),
    ...(reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: reserved } }),
  });
}

async function deleteFunction(state: LambdaState, request: LambdaRequest, functionName: string): Promise<LambdaAnswer> {
  const { registry, pool } = state;
  const { name, qualifier } = referenceOf(state, request, functionName);
  const revision = registry.get({ name, qualifier });
  if (qualifier === undefined) {
    const { versions } = registry.record(name);
    await registry.delete(name);
    await Promise.all([revision, ...versions].map(({ arn }) => pool.endIdle(arn)));
    return { status: 204 };
  }
  if (revision.version === latestVersion || revision.version !== qualifier)
    throw new InvalidParameterValueError(
      '$LATEST version cannot be deleted without deleting the function, nor an alias.',
    );
  await registry.deleteVersion(name, qualifier);
  await pool.endIdle(revision.arn);
  return { status: 204 };
}

function getFunctionConfiguration(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  return json(describeFunction(state.registry.account, state.registry.get(referenceOf(state, request, functionName))));
}

async function updateFunctionConfiguration(
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
): Promise<LambdaAnswer> {
  const { registry, pool } = state;
  const name = unqualifiedName(state, request, functionName);
  const { change, revisionId } = parseConfigurationChange(readJson(request.body));
  const revision = await registry.update(name, change, revisionId);
  await pool.endIdle(revision.arn);
  return json(describeFunction(registry.account, revision));
}

async function updateFunctionCode(
  state: LambdaState,
  request: LambdaRequest,
  functionName: string,
): Promise<LambdaAnswer> {
  const { registry, pool, code } = state;
  const name = unqualifiedName(state, request, functionName);
  const { source, architecture, publish, revisionId } = parseCodeChange(readJson(request.body));
  const unpacked = await code.unpack(source);
  const latest = await registry.update(name, { ...unpacked, ...(architecture && { architecture }) }, revisionId);
  await pool.endIdle(latest.arn);
  const revision = publish ? await registry.publish(name) : latest;
  return json(describeFunction(registry.account, revision));
}
