import { InvalidParameterValueError } from './errors.js';

/** Where the functions of the embedded Lambda live. */
export interface Account {
  readonly accountId: string;
  readonly region: string;
}

/** The function that a caller named. */
export interface FunctionReference {
  readonly name: string;
  /** Version or alias; absent when the caller gave none. */
  readonly qualifier?: string;
}

/** `name`, `name:qualifier`, `account:function:name` and full ARNs, as the API reference of Lambda defines them. */
const referencePattern =
  /^(?:arn:aws[a-zA-Z-]*:lambda:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_]{1,64})(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/;

/** @returns the ARN of a function without qualifier. */
export function functionArn(account: Account, name: string): string {
  return `arn:aws:lambda:${account.region}:${account.accountId}:function:${name}`;
}

/**
 * Reads a function name, a partial ARN or a full ARN.
 *
 * @throws InvalidParameterValueError when it is none of them, names another account or region, or when the qualifier
 * inside of it contradicts the `Qualifier` parameter.
 */
export function parseFunctionReference(text: string, account: Account, qualifierParameter?: string): FunctionReference {
  const parts = referencePattern.exec(text)?.groups;
  if (!parts?.name)
    throw new InvalidParameterValueError(
      `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: ` +
        `Member must be a function name, a partial ARN or an ARN`,
    );
  if (parts.region !== undefined && parts.region !== account.region)
    throw new InvalidParameterValueError(
      `Functions from '${parts.region}' are not reachable in this region ('${account.region}')`,
    );
  if (parts.account !== undefined && parts.account !== account.accountId)
    throw new InvalidParameterValueError(
      `Function ${text} belongs to account ${parts.account}, this is ${account.accountId}`,
    );
  const { name, qualifier } = parts;
  if (qualifier !== undefined && qualifierParameter !== undefined && qualifier !== qualifierParameter)
    throw new InvalidParameterValueError(
      `The derived qualifier from the function name does not match the specified qualifier.`,
    );
  return { name, qualifier: qualifier ?? qualifierParameter };
}
