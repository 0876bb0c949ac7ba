/** What is known of the arguments of a task resource before it runs. */
export interface ResourceArguments {
  /** Names it takes, or undefined where it takes any JSON. */
  allowed?: readonly string[];
  required: readonly string[];
}

/** Knows which resources a Task state may name. */
export interface TaskResources {
  /** The arguments of a resource, or undefined where there is no such resource. */
  argumentsOf(resource: string): ResourceArguments | undefined;
  /** The resources there are, for messages. */
  readonly known: readonly string[];
}
