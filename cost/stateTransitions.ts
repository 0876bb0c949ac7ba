/*
 * States of statemachine/inference.asl.json. Entering a state is a transition; the start of the execution is one, too.
 */

/** The start, Initialize, NeedsRendezvous, RunRanks, Aggregate, BillIsWhole and Finished. */
const ofRun = 7;
/** StartRendezvous. */
const ofMeeting = 1;
/** The start of the child, and Execute. */
const ofRank = 2;
/** MayTryAgain, BackOff and Execute. */
const ofRetry = 3;
/** MayTryAgain, RecordFailure and RankFailed. */
const ofGivenUpRank = 3;
/** WaitForReports, CollectReports and BillIsWhole. */
const ofLook = 3;

export interface CountedStates {
  readonly ranks: number;
  /** Of all ranks together. */
  readonly retries: number;
  /** Ranks of which the last attempt failed. */
  readonly givenUp: number;
  /** Whether a meeting place was looked for before the ranks started. */
  readonly meeting: boolean;
  /** Looks for REPORT lines after the one of Aggregate. */
  readonly looks: number;
}

/** State transitions that an execution of the inference machine is billed for. */
export const stateTransitions = ({ ranks, retries, givenUp, meeting, looks }: CountedStates): number =>
  ofRun +
  (meeting ? ofMeeting : 0) +
  ofRank * ranks +
  ofRetry * retries +
  ofGivenUpRank * givenUp +
  transitionsOfLooks(looks);

/** Of looks for REPORT lines alone. */
export const transitionsOfLooks = (looks: number): number => ofLook * looks;
