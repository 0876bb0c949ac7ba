import { z } from 'zod';
import { InvalidParameterValueError } from '../errors.js';
import { describeFunction } from '../functionConfiguration.js';
import { descriptionSchema } from '../functionDefinition.js';
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

export const versionRoutes: readonly Route[] = [
  ['POST', /^\/2015-03-31\/functions\/([^/]+)\/versions$/, publishVersion],
  ['GET', /^\/2015-03-31\/functions\/([^/]+)\/versions$/, listVersions],
];

const publishSchema = z.strictObject({
  Description: descriptionSchema.optional(),
  CodeSha256: z.string().optional(),
  RevisionId: z.string().optional(),
});

async function publishVersion(state: LambdaState, request: LambdaRequest, functionName: string): Promise<LambdaAnswer> {
  const { registry } = state;
  const name = unqualifiedName(state, request, functionName);
  const { Description, CodeSha256, RevisionId } = parseParameters(publishSchema, readJson(request.body));
  const { sha256 } = registry.get({ name }).definition.code ?? {};
  if (CodeSha256 !== undefined && CodeSha256 !== sha256)
    throw new InvalidParameterValueError(
      `CodeSHA256 (${CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha256}). ` +
        `Please try again with the CodeSHA256 in $LATEST.`,
    );
  return json(describeFunction(registry.account, await registry.publish(name, Description, RevisionId)), 201);
}

function listVersions(state: LambdaState, request: LambdaRequest, functionName: string): LambdaAnswer {
  const { registry } = state;
  const { latest, versions } = registry.record(unqualifiedName(state, request, functionName));
  const { items, ...next } = page([latest, ...versions], request.query);
  return json({ Versions: items.map((revision) => describeFunction(registry.account, revision)), ...next });
}
