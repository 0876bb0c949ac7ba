import { z } from 'zod';
import { eventPatternSchema } from '../../events/eventPattern.js';
import {
  type Properties,
  type ProviderContext,
  type Provisioned,
  type ResourceProvider,
  readProperties,
} from './provider.js';

const type = 'AWS::Events::Rule';
const schema = z.strictObject({
  Name: z.string(),
  Description: z.string().optional(),
  EventPattern: eventPatternSchema,
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(z.strictObject({ Id: z.string(), Arn: z.string() })).min(1),
});

/** A rule of the embedded EventBridge. */
export const eventRule: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  create: (properties, context) => put(properties, context),
  update: (_current, properties, context) => put(properties, context),
  async delete({ physicalId }, { events }) {
    await events.remove(physicalId);
  },
};

async function put(properties: Properties, { events, region, accountId }: ProviderContext): Promise<Provisioned> {
  const { Name, EventPattern, State, Targets } = readProperties(type, schema, properties);
  const targets = Targets.map(({ Id, Arn }) => ({ id: Id, arn: Arn }));
  await events.put({ name: Name, pattern: EventPattern, isEnabled: State === 'ENABLED', targets });
  return { physicalId: Name, attributes: { Arn: `arn:aws:events:${region}:${accountId}:rule/${Name}` } };
}
