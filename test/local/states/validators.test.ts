import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../../local/states/asl/parseDefinition.js';
import type { TaskResources } from '../../../local/states/asl/taskResources.js';
import { validateWithBoth } from '../../aslValidators.js';
import { definitions } from './definitions/index.js';

const anyResource: TaskResources = { known: [], argumentsOf: () => ({ required: [] }) };

describe('every example definition', () => {
  it.each(Object.entries(definitions))(
    '%s is accepted by both validators and by the local cloud',
    async (_name, definition) => {
      expect(await validateWithBoth(definition)).toEqual([]);
      expect(checkDefinition(JSON.stringify(definition), anyResource).faults).toEqual([]);
    },
  );
});

describe('validateWithBoth', () => {
  it('reports what either validator finds', async () => {
    const complaints = await validateWithBoth({ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'Nowhere' } } });
    expect(complaints.some((complaint) => complaint.startsWith('language service'))).toBe(true);
    expect(complaints.some((complaint) => complaint.startsWith('asl-validator'))).toBe(true);
  });
});
