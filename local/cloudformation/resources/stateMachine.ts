import { CreateStateMachineCommand, DeleteStateMachineCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { type Properties, type ResourceProvider, readProperties } from './provider.js';

const type = 'AWS::StepFunctions::StateMachine';
const schema = z.strictObject({
  StateMachineName: z.string(),
  StateMachineType: z.literal('STANDARD').default('STANDARD'),
  RoleArn: z.string(),
  DefinitionString: z.string(),
  DefinitionSubstitutions: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({}),
  LoggingConfiguration: z.strictObject({ Level: z.literal('OFF') }).optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]),
});

/** A state machine of the embedded Step Functions. */
export const stateMachine: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  async create(properties, { clients }) {
    const { StateMachineName: name, RoleArn: roleArn, Tags } = readProperties(type, schema, properties);
    const tags = Tags.map(({ Key, Value }) => ({ key: Key, value: Value }));
    const definition = definitionOf(properties);
    const { stateMachineArn = '' } = await clients.states.send(
      new CreateStateMachineCommand({ name, roleArn, definition, tags }),
    );
    return { physicalId: stateMachineArn, attributes: { Arn: stateMachineArn, Name: name } };
  },
  async update(current, properties, context) {
    const { StateMachineName: name, RoleArn: roleArn } = readProperties(type, schema, properties);
    if (name !== current.attributes.Name) return stateMachine.create(properties, context);
    const { physicalId: stateMachineArn } = current;
    await context.clients.states.send(
      new UpdateStateMachineCommand({ stateMachineArn, roleArn, definition: definitionOf(properties) }),
    );
    return current;
  },
  async delete({ physicalId }, { clients }) {
    await clients.states.send(new DeleteStateMachineCommand({ stateMachineArn: physicalId }));
  },
};

/** `${Name}` is put in where there is a substitution of that name; what else is in the definition stays. */
function definitionOf(properties: Properties): string {
  const { DefinitionString, DefinitionSubstitutions } = readProperties(type, schema, properties);
  return DefinitionString.replace(
    /\$\{([A-Za-z0-9_-]+)\}/g,
    (text, name: string) => DefinitionSubstitutions[name] ?? text,
  );
}
