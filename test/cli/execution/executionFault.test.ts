import { describe, expect, it } from 'vitest';
import { executionFault } from '../../../cli/execution/executionFault.js';

describe('what an execution failed of', () => {
  it.each([
    ['a Lambda error', 'X', '{"errorType":"PayloadError","errorMessage":"two faults"}', 'PayloadError', 'two faults'],
    ['text', 'States.Timeout', 'took too long', 'States.Timeout', 'took too long'],
    ['other JSON', 'X', '{"a":1}', 'X', '{"a":1}'],
    ['broken JSON', 'X', '{"a":', 'X', '{"a":'],
    ['no cause', 'X', undefined, 'X', 'The execution gave no cause.'],
    ['nothing at all', undefined, '', 'Unknown', 'The execution gave no cause.'],
  ])('%s', (_name, error, cause, name, message) => {
    expect(executionFault(error, cause)).toEqual({ name, message });
  });
});
