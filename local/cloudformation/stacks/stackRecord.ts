import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const timestampSchema = z.iso.datetime();

const resourceSchema = z.strictObject({
  type: z.string(),
  physicalId: z.string(),
  /** What `Fn::GetAtt` gives. */
  attributes: z.record(z.string(), z.string()),
  /** As they were given to its provider. */
  properties: z.record(z.string(), z.json()),
  deletionPolicy: z.enum(['Delete', 'Retain', 'RetainExceptOnCreate']),
  status: z.string(),
  timestamp: timestampSchema,
});

const eventSchema = z.strictObject({
  id: z.string(),
  logicalId: z.string(),
  physicalId: z.string(),
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  timestamp: timestampSchema,
});

const changeSchema = z.strictObject({
  action: z.enum(['Add', 'Modify', 'Remove']),
  logicalId: z.string(),
  type: z.string(),
  physicalId: z.string().optional(),
});

const changeSetSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  type: z.enum(['CREATE', 'UPDATE']),
  status: z.enum(['CREATE_COMPLETE', 'FAILED', 'EXECUTED']),
  statusReason: z.string().optional(),
  createdAt: timestampSchema,
  template: z.string(),
  parameters: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  capabilities: z.array(z.string()),
  changes: z.array(changeSchema),
});

export const stackSchema = z.strictObject({
  name: z.string(),
  /** ARN of the stack. */
  id: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema.optional(),
  deletedAt: timestampSchema.optional(),
  template: z.string(),
  parameters: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  capabilities: z.array(z.string()),
  /** In the order in which they were made. */
  resources: z.record(z.string(), resourceSchema),
  outputs: z.array(
    z.strictObject({
      key: z.string(),
      value: z.string(),
      description: z.string().optional(),
      exportName: z.string().optional(),
    }),
  ),
  /** Oldest first. */
  events: z.array(eventSchema),
  changeSets: z.record(z.string(), changeSetSchema),
});

export type StackRecord = z.output<typeof stackSchema>;
export type ResourceRecord = z.output<typeof resourceSchema>;
export type StackEvent = z.output<typeof eventSchema>;
export type StackChange = z.output<typeof changeSchema>;
export type ChangeSetRecord = z.output<typeof changeSetSchema>;

/** What a stack is made of: the template and what it is given. */
export type StackSource = Pick<StackRecord, 'template' | 'parameters' | 'tags' | 'capabilities'>;

/** A stack that has nothing yet. */
export function newStack(name: string, id: string, source: StackSource): StackRecord {
  return {
    ...source,
    name,
    id,
    status: 'REVIEW_IN_PROGRESS',
    createdAt: new Date().toISOString(),
    resources: {},
    outputs: [],
    events: [],
    changeSets: {},
  };
}

/** Notes what happened to a resource of the stack, or to the stack itself, whose status it then is. */
export function recordEvent(
  stack: StackRecord,
  { logicalId, physicalId, type, status, reason }: Omit<StackEvent, 'id' | 'timestamp'>,
): void {
  const timestamp = new Date().toISOString();
  stack.events.push({ id: randomUUID(), logicalId, physicalId, type, status, timestamp, ...(reason && { reason }) });
}

export const stackType = 'AWS::CloudFormation::Stack';

/** Sets the status of a stack, with its event. */
export function setStackStatus(stack: StackRecord, status: string, reason?: string): void {
  stack.status = status;
  if (reason === undefined) delete stack.statusReason;
  else stack.statusReason = reason;
  recordEvent(stack, { logicalId: stack.name, physicalId: stack.id, type: stackType, status, reason });
}
