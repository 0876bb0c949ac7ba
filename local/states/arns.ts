import { StatesApiError } from './errors.js';

/** Builds and reads the ARNs of one region and account. */
export class StatesArns {
  readonly region: string;
  readonly accountId: string;

  constructor(region: string, accountId: string) {
    this.region = region;
    this.accountId = accountId;
  }

  #arn(kind: string, rest: string): string {
    return `arn:aws:states:${this.region}:${this.accountId}:${kind}:${rest}`;
  }

  stateMachine(name: string): string {
    return this.#arn('stateMachine', name);
  }

  /** State machine of the children of a distributed map, as their records name it. */
  labelledStateMachine(name: string, label: string): string {
    return this.#arn('stateMachine', `${name}/${label}`);
  }

  execution(stateMachineName: string, executionName: string): string {
    return this.#arn('execution', `${stateMachineName}:${executionName}`);
  }

  childExecution(stateMachineName: string, label: string, executionName: string): string {
    return this.#arn('execution', `${stateMachineName}/${label}:${executionName}`);
  }

  mapRun(stateMachineName: string, label: string, id: string): string {
    return this.#arn('mapRun', `${stateMachineName}/${label}:${id}`);
  }

  /** @throws StatesApiError InvalidArn unless the text is an ARN of this kind. */
  check(kind: 'stateMachine' | 'execution' | 'mapRun', arn: string): void {
    const parts = arn.split(':');
    const enough = parts.length === (kind === 'stateMachine' ? 7 : 8);
    if (!enough || parts[0] !== 'arn' || parts[2] !== 'states' || parts[5] !== kind) {
      throw new StatesApiError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
    }
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule forbids
const forbiddenInName = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff]/u;

/** @throws StatesApiError InvalidName unless the text may name a state machine or an execution. */
export function checkName(name: string): void {
  if (name.length >= 1 && name.length <= 80 && !forbiddenInName.test(name)) return;
  throw new StatesApiError(
    'InvalidName',
    `Invalid Name: '${name}'`,
    'A name has 1 to 80 characters and no white space, brackets, wildcards, control characters or any of "#%\\^|~`$&,;:/',
  );
}
