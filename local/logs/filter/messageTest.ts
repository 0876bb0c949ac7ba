import { messageOf } from '../../../run/errors.js';
import { InvalidParameterError } from '../errors.js';

/** Whether a message matches. */
export type MessageTest = (message: string) => boolean;

/** Tests by a regular expression that a pattern holds between percent signs. */
export function expressionTest(pattern: string, expression: string): MessageTest {
  try {
    const compiled = new RegExp(expression);
    return (message) => compiled.test(message);
  } catch (error) {
    throw invalid(pattern, messageOf(error));
  }
}

/** The answer to a pattern that cannot be compiled. */
export function invalid(pattern: string, reason: string): InvalidParameterError {
  return new InvalidParameterError(`Invalid filter pattern '${pattern}': ${reason}`);
}
