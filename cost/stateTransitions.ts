/** Transitions of the state machine: Initialize, NeedsRendezvous, the map and Aggregate; each child's task; each retry's choice, wait and task. */
const ofRun = 5;
/** StartRendezvous. */
const ofMeeting = 1;
const ofRank = 2;
const ofRetry = 3;

export interface CountedStates {
  readonly ranks: number;
  /** Of all ranks together. */
  readonly retries: number;
  /** Whether a meeting place was looked for before the ranks started. */
  readonly meeting: boolean;
}

/** State transitions that an execution of the inference machine is billed for. */
export const stateTransitions = ({ ranks, retries, meeting }: CountedStates): number =>
  ofRun + (meeting ? ofMeeting : 0) + ofRank * ranks + ofRetry * retries;
