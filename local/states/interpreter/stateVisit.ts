import type { DataFields, State } from '../asl/definition.js';
import { EvaluationFailure } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type { Dataflow } from './dataflow.js';
import type { Frame, MapItem } from './frame.js';
import { JsonataDataflow } from './jsonataDataflow.js';
import { JsonPathDataflow } from './jsonPathDataflow.js';

/** One entry into a state, from its input to its output, retries included. */
export class StateVisit<Visited extends State = State> {
  readonly name: string;
  readonly state: Visited;
  readonly input: Json;
  readonly frame: Frame;
  readonly dataflow: Dataflow;
  readonly #enteredTime: string;
  #retryCount = 0;
  #noted: unknown;

  constructor(name: string, state: Visited, input: Json, frame: Frame) {
    this.name = name;
    this.state = state;
    this.input = input;
    this.frame = frame;
    this.#enteredTime = new Date(frame.environment.clock.now()).toISOString();
    this.dataflow = dataflowOf(state, this);
  }

  countRetry(): void {
    this.#retryCount++;
  }

  /** The context object, `$$` or `$states.context`. */
  context(mapItem: MapItem | undefined = this.frame.mapItem): JsonObject {
    const { environment } = this.frame;
    return {
      Execution: {
        Id: environment.arn,
        Input: environment.input,
        Name: environment.name,
        RoleArn: environment.roleArn,
        StartTime: environment.startTime,
        RedriveCount: 0,
      },
      State: { EnteredTime: this.#enteredTime, Name: this.name, RetryCount: this.#retryCount },
      StateMachine: { Id: environment.stateMachine.arn, Name: environment.stateMachine.name },
      ...(mapItem && { Map: { Item: { ...mapItem } } }),
    };
  }

  /** Records a failed evaluation in the history, once. */
  note(error: unknown): void {
    if (!(error instanceof EvaluationFailure) || this.#noted === error) return;
    this.#noted = error;
    this.frame.trail.add('EvaluationFailed', {
      evaluationFailedEventDetails: {
        error: error.errorName,
        cause: error.causeText,
        location: error.location,
        state: this.name,
      },
    });
  }
}

function dataflowOf(state: DataFields, visit: StateVisit): Dataflow {
  return state.QueryLanguage === 'JSONata' ? new JsonataDataflow(state, visit) : new JsonPathDataflow(state, visit);
}
