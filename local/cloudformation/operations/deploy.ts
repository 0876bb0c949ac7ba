import { messageOf } from '../../../run/errors.js';
import { Deployment, type DeploymentOptions } from '../stacks/deployment.js';
import { type StackRecord, type StackSource, setStackStatus } from '../stacks/stackRecord.js';
import { conditionHolds, resolveValue, type Scope } from '../template/resolve.js';
import { type Surroundings, scopeOf } from './surroundings.js';

/** Makes or changes a stack in the background; its status tells how that goes. */
export function startDeployment(
  surroundings: Surroundings,
  stack: StackRecord,
  source: StackSource,
  kind: 'CREATE' | 'UPDATE',
): void {
  const before: StackSource = {
    template: stack.template,
    parameters: stack.parameters,
    tags: stack.tags,
    capabilities: stack.capabilities,
  };
  Object.assign(stack, source);
  if (kind === 'UPDATE') stack.updatedAt = new Date().toISOString();
  setStackStatus(stack, `${kind}_IN_PROGRESS`, 'User Initiated');
  track(surroundings, deploy(surroundings, stack, before, kind));
}

/** Removes everything that a stack has, in the background. */
export function startDeletion(surroundings: Surroundings, stack: StackRecord): void {
  setStackStatus(stack, 'DELETE_IN_PROGRESS', 'User Initiated');
  track(surroundings, remove(surroundings, stack));
}

/** A stack whose state cannot be written any more is left as it is: the answers of the service still tell what was done. */
function track({ running }: Surroundings, work: Promise<void>): void {
  const tracked = work.catch(() => undefined).finally(() => running.delete(tracked));
  running.add(tracked);
}

async function deploy(
  surroundings: Surroundings,
  stack: StackRecord,
  before: StackSource,
  kind: 'CREATE' | 'UPDATE',
): Promise<void> {
  const { stacks } = surroundings;
  const options = optionsOf(surroundings, stack);
  const deployment = new Deployment(options);
  try {
    await stacks.save(stack);
    await deployment.apply();
    stack.outputs = outputsOf(stack, options);
  } catch (error) {
    await rollBack(stack, deployment, kind, messageOf(error));
    if (kind === 'UPDATE') Object.assign(stack, before);
    await stacks.save(stack);
    return;
  }
  if (kind === 'UPDATE') {
    setStackStatus(stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
    await deployment.cleanUp();
  }
  setStackStatus(stack, `${kind}_COMPLETE`);
  await stacks.save(stack);
}

async function rollBack(
  stack: StackRecord,
  deployment: Deployment,
  kind: 'CREATE' | 'UPDATE',
  reason: string,
): Promise<void> {
  const prefix = kind === 'CREATE' ? 'ROLLBACK' : 'UPDATE_ROLLBACK';
  setStackStatus(stack, `${prefix}_IN_PROGRESS`, reason);
  const faults = await deployment.undo();
  if (faults.length > 0) setStackStatus(stack, `${prefix}_FAILED`, faults.join('; '));
  else setStackStatus(stack, `${prefix}_COMPLETE`);
}

async function remove(surroundings: Surroundings, stack: StackRecord): Promise<void> {
  const { stacks } = surroundings;
  const faults = await new Deployment(optionsOf(surroundings, stack)).deleteAll();
  if (faults.length > 0) setStackStatus(stack, 'DELETE_FAILED', faults.join('; '));
  else {
    stack.deletedAt = new Date().toISOString();
    setStackStatus(stack, 'DELETE_COMPLETE');
  }
  await stacks.save(stack);
}

function optionsOf(surroundings: Surroundings, stack: StackRecord): DeploymentOptions {
  const { stacks, providers } = surroundings;
  return { ...scopeOf(surroundings, stack, stack), stack, providers, save: () => stacks.save(stack) };
}

function outputsOf(stack: StackRecord, { template, scope }: DeploymentOptions): StackRecord['outputs'] {
  const full: Scope = { ...scope, resources: new Map(Object.entries(stack.resources)) };
  const shown = Object.entries(template.Outputs).filter(
    ([, { Condition }]) => Condition === undefined || conditionHolds(Condition, full),
  );
  return shown.map(([key, { Value, Description, Export }]) => ({
    key,
    value: String(resolveValue(Value, full)),
    ...(Description !== undefined && { description: Description }),
    ...(Export && { exportName: String(resolveValue(Export.Name, full)) }),
  }));
}
