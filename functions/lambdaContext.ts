/** The part of Lambda's context object that the handlers use. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  getRemainingTimeInMillis(): number;
}
