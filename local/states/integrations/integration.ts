import type { ResourceArguments, TaskResources } from '../asl/taskResources.js';
import type { Json } from '../json.js';

/** What a call of a task gets beside its arguments. */
export interface TaskCall {
  /** Aborted when the task times out or its execution is stopped; the work must end then. */
  signal: AbortSignal;
  /** ARN of the execution that makes the call. */
  executionArn: string;
  /** Tells that the work was accepted and goes on (`.sync` resources). */
  submitted(output: Json): void;
}

/** A kind of work that Task states can ask for. */
export interface TaskIntegration {
  /** Service part of its name in events, such as `lambda`; absent for a bare Lambda function ARN. */
  readonly resourceType?: string;
  /** Action part of its name in events, such as `invoke`. */
  readonly resource: string;
  readonly arguments: ResourceArguments;
  /** @throws StateFailure with the error name that `Retry` and `Catch` see. */
  run(args: Json, call: TaskCall): Promise<Json>;
}

/** Every integration, by the resource that a Task names. */
export class TaskIntegrations implements TaskResources {
  readonly #byResource: ReadonlyMap<string, TaskIntegration>;
  readonly #forFunction: (functionArn: string) => TaskIntegration;

  /** @param forFunction makes the integration of a bare Lambda function ARN */
  constructor(byResource: ReadonlyMap<string, TaskIntegration>, forFunction: (functionArn: string) => TaskIntegration) {
    this.#byResource = byResource;
    this.#forFunction = forFunction;
  }

  get known(): readonly string[] {
    return [...this.#byResource.keys(), 'the ARN of a Lambda function'];
  }

  argumentsOf(resource: string): ResourceArguments | undefined {
    return this.#lookUp(resource)?.arguments;
  }

  /** The integration of a resource that `argumentsOf` knows. */
  find(resource: string): TaskIntegration {
    const integration = this.#lookUp(resource);
    if (!integration)
      throw new RangeError(`the resource ${resource} passed the check of its definition but is unknown`);
    return integration;
  }

  #lookUp(resource: string): TaskIntegration | undefined {
    const named = this.#byResource.get(resource);
    if (named) return named;
    return lambdaFunctionArn.test(resource) ? this.#forFunction(resource) : undefined;
  }
}

const lambdaFunctionArn = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/;
