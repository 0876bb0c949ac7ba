import { CloudFormationError } from '../errors.js';
import { bucket } from './bucket.js';
import { bucketPolicy } from './bucketPolicy.js';
import { eventRule } from './eventRule.js';
import { instance } from './instance.js';
import { lambdaFunction } from './lambdaFunction.js';
import { logGroup } from './logGroup.js';
import { paperProviders } from './onPaper.js';
import type { ProviderContext, ResourceProvider } from './provider.js';
import { ssmParameter } from './ssmParameter.js';
import { stateMachine } from './stateMachine.js';

/** Every resource type that the embedded CloudFormation can make. */
export class ResourceProviders {
  readonly #surroundings: Omit<ProviderContext, 'stackName' | 'logicalId'>;
  readonly #providers: ReadonlyMap<string, ResourceProvider>;

  constructor(surroundings: Omit<ProviderContext, 'stackName' | 'logicalId'>) {
    this.#surroundings = surroundings;
    const all = [
      bucket,
      bucketPolicy,
      eventRule,
      instance,
      lambdaFunction,
      logGroup,
      ssmParameter,
      stateMachine,
      ...paperProviders,
    ];
    this.#providers = new Map(all.map((provider) => [provider.type, provider]));
  }

  /** @throws CloudFormationError ValidationError for a type that is not known here */
  get(type: string): ResourceProvider {
    const provider = this.#providers.get(type);
    if (provider) return provider;
    throw new CloudFormationError(
      'ValidationError',
      `The embedded CloudFormation cannot make resources of type ${type}`,
    );
  }

  contextOf(stackName: string, logicalId: string): ProviderContext {
    return { ...this.#surroundings, stackName, logicalId };
  }
}
