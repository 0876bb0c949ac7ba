import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../../run/errors.js';
import { CloudFormationError } from '../errors.js';
import type { ResourceProvider } from '../resources/provider.js';
import type { ResourceProviders } from '../resources/providers.js';
import { deploymentOrder } from '../template/order.js';
import { conditionHolds, resolveValue, type Scope } from '../template/resolve.js';
import type { Template, TemplateResource } from '../template/template.js';
import { type ResourceRecord, recordEvent, type StackChange, type StackRecord } from './stackRecord.js';

export interface DeploymentOptions {
  readonly stack: StackRecord;
  readonly template: Template;
  readonly scope: Omit<Scope, 'resources'>;
  readonly providers: ResourceProviders;
  /** Keeps the stack as it is now. */
  readonly save: () => Promise<void>;
}

/** What a step has changed, so that it can be undone. */
type Undo = { readonly logicalId: string; readonly before: ResourceRecord | undefined };

/** Resources of the template whose condition holds, in the order of their making. @throws TemplateError */
export function wantedResources({ template, scope }: Pick<DeploymentOptions, 'template' | 'scope'>): string[] {
  const conditions = { ...scope, resources: new Map() };
  const wanted = Object.entries(template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || conditionHolds(Condition, conditions),
  );
  return deploymentOrder(template, new Set(wanted.map(([name]) => name)));
}

/**
 * What a deployment would do. Properties that refer to resources which are yet to change count as changed.
 */
export function plannedChanges(options: Omit<DeploymentOptions, 'save'>): StackChange[] {
  const { stack, template } = options;
  const wanted = wantedResources(options);
  const changes = wanted.flatMap((logicalId): StackChange[] => {
    const resource = resourceOf(template, logicalId);
    const current = stack.resources[logicalId];
    const change = { logicalId, type: resource.Type, ...(current && { physicalId: current.physicalId }) };
    if (current && !wouldChange(options, current, resource)) return [];
    return [{ action: current ? 'Modify' : 'Add', ...change }];
  });
  const removed = Object.entries(stack.resources).filter(([logicalId]) => !wanted.includes(logicalId));
  return [
    ...changes,
    ...removed.map(([logicalId, { type, physicalId }]) => ({ action: 'Remove' as const, logicalId, type, physicalId })),
  ];
}

function wouldChange(
  { stack, scope }: Omit<DeploymentOptions, 'save'>,
  current: ResourceRecord,
  { Properties, Type }: TemplateResource,
): boolean {
  if (current.type !== Type) return true;
  try {
    const properties = resolveValue(Properties, { ...scope, resources: new Map(Object.entries(stack.resources)) });
    return !isDeepStrictEqual(properties, current.properties);
  } catch {
    // It refers to a resource that is not there yet.
    return true;
  }
}

/** Makes and changes the resources of a stack, step by step, and undoes that when a step fails. */
export class Deployment {
  readonly #options: DeploymentOptions;
  readonly #done: Undo[] = [];
  /** Resources that another one has taken the place of. */
  readonly #replaced: (readonly [logicalId: string, record: ResourceRecord])[] = [];

  constructor(options: DeploymentOptions) {
    this.#options = options;
  }

  /**
   * Makes what is wanted and not there, and changes what is different.
   *
   * @throws whatever the first step that fails throws, after recording it
   */
  async apply(): Promise<void> {
    const { template } = this.#options;
    for (const logicalId of wantedResources(this.#options))
      await this.#step(logicalId, resourceOf(template, logicalId));
  }

  /** Removes what the template does not have any more, and what was replaced. What cannot be removed stays, with its reason. */
  async cleanUp(): Promise<void> {
    const { stack } = this.#options;
    for (const [logicalId, record] of this.#replaced.reverse()) await this.#remove(logicalId, record, false);
    const wanted = new Set(wantedResources(this.#options));
    const removed = Object.entries(stack.resources).filter(([logicalId]) => !wanted.has(logicalId));
    for (const [logicalId, record] of removed.reverse()) await this.#remove(logicalId, record, true);
  }

  /** Undoes the steps that were done, last first. @returns the reasons why something could not be undone */
  async undo(): Promise<string[]> {
    const { stack } = this.#options;
    const faults: string[] = [];
    for (const { logicalId, before } of this.#done.reverse()) {
      const current = stack.resources[logicalId];
      if (!current) continue;
      try {
        if (before && before.physicalId !== current.physicalId) await this.#restore(logicalId, before, current);
        else if (before) await this.#change(logicalId, current, before.properties, before.deletionPolicy);
        else await this.#remove(logicalId, current, true, current.deletionPolicy === 'RetainExceptOnCreate');
      } catch (error) {
        faults.push(`${logicalId}: ${messageOf(error)}`);
      }
    }
    return faults;
  }

  /** Takes a replacement away again: what it was to replace is still there. */
  async #restore(logicalId: string, before: ResourceRecord, replacement: ResourceRecord): Promise<void> {
    await this.#remove(logicalId, { ...replacement, deletionPolicy: 'Delete' }, true);
    this.#options.stack.resources[logicalId] = before;
  }

  /** Removes everything that the stack has. @returns the reasons why something could not be removed */
  async deleteAll(): Promise<string[]> {
    const { stack } = this.#options;
    const faults: string[] = [];
    for (const [logicalId, record] of Object.entries(stack.resources).reverse()) {
      const fault = await this.#remove(logicalId, record, true);
      if (fault !== undefined) faults.push(`${logicalId}: ${fault}`);
    }
    return faults;
  }

  async #step(logicalId: string, resource: TemplateResource): Promise<void> {
    const { stack, scope } = this.#options;
    const current = stack.resources[logicalId];
    const properties = resolvedProperties(resource, {
      ...scope,
      resources: new Map(Object.entries(stack.resources)),
    });
    if (!current) await this.#create(logicalId, resource, properties);
    else if (current.type !== resource.Type)
      throw new CloudFormationError(
        'ValidationError',
        `Update of resource type is not permitted: ${logicalId} is ${current.type}, not ${resource.Type}`,
      );
    else if (!isDeepStrictEqual(current.properties, properties)) {
      this.#done.push({ logicalId, before: current });
      await this.#change(logicalId, current, properties, resource.DeletionPolicy);
    } else current.deletionPolicy = resource.DeletionPolicy;
  }

  async #create(
    logicalId: string,
    resource: TemplateResource,
    properties: ResourceRecord['properties'],
  ): Promise<void> {
    const { stack, providers } = this.#options;
    await this.#record(logicalId, resource.Type, 'CREATE_IN_PROGRESS', '');
    try {
      const provider = providers.get(resource.Type);
      provider.check(properties);
      const made = await provider.create(properties, providers.contextOf(stack.name, logicalId));
      stack.resources[logicalId] = {
        ...made,
        type: resource.Type,
        properties,
        deletionPolicy: resource.DeletionPolicy,
        status: 'CREATE_COMPLETE',
        timestamp: new Date().toISOString(),
      };
      this.#done.push({ logicalId, before: undefined });
      await this.#record(logicalId, resource.Type, 'CREATE_COMPLETE', made.physicalId);
    } catch (error) {
      await this.#record(logicalId, resource.Type, 'CREATE_FAILED', '', messageOf(error));
      throw error;
    }
  }

  async #change(
    logicalId: string,
    current: ResourceRecord,
    properties: ResourceRecord['properties'],
    deletionPolicy: ResourceRecord['deletionPolicy'],
  ): Promise<void> {
    const { stack, providers } = this.#options;
    await this.#record(logicalId, current.type, 'UPDATE_IN_PROGRESS', current.physicalId);
    try {
      const provider: ResourceProvider = providers.get(current.type);
      provider.check(properties);
      const changed = await provider.update(current, properties, providers.contextOf(stack.name, logicalId));
      if (changed.physicalId !== current.physicalId) this.#replaced.push([logicalId, current]);
      stack.resources[logicalId] = {
        ...changed,
        type: current.type,
        properties,
        deletionPolicy,
        status: 'UPDATE_COMPLETE',
        timestamp: new Date().toISOString(),
      };
      await this.#record(logicalId, current.type, 'UPDATE_COMPLETE', changed.physicalId);
    } catch (error) {
      await this.#record(logicalId, current.type, 'UPDATE_FAILED', current.physicalId, messageOf(error));
      throw error;
    }
  }

  /** @returns why it could not be removed, if so */
  async #remove(
    logicalId: string,
    record: ResourceRecord,
    forget: boolean,
    isUndone = false,
  ): Promise<string | undefined> {
    const { stack, providers } = this.#options;
    const { type, physicalId } = record;
    const isKept = record.deletionPolicy !== 'Delete' && !isUndone;
    try {
      if (isKept) await this.#record(logicalId, type, 'DELETE_SKIPPED', physicalId);
      else {
        await this.#record(logicalId, type, 'DELETE_IN_PROGRESS', physicalId);
        await providers.get(type).delete(record, providers.contextOf(stack.name, logicalId));
      }
    } catch (error) {
      await this.#record(logicalId, type, 'DELETE_FAILED', physicalId, messageOf(error));
      return messageOf(error);
    }
    if (forget) delete stack.resources[logicalId];
    if (!isKept) await this.#record(logicalId, type, 'DELETE_COMPLETE', physicalId);
    return undefined;
  }

  async #record(logicalId: string, type: string, status: string, physicalId: string, reason?: string): Promise<void> {
    recordEvent(this.#options.stack, { logicalId, physicalId, type, status, reason });
    await this.#options.save();
  }
}

function resourceOf(template: Template, logicalId: string): TemplateResource {
  const resource = template.Resources[logicalId];
  if (!resource) throw new CloudFormationError('InternalFailure', `the template has no resource ${logicalId}`);
  return resource;
}

function resolvedProperties({ Properties }: TemplateResource, scope: Scope): ResourceRecord['properties'] {
  const resolved = resolveValue(Properties, scope);
  return typeof resolved === 'object' && resolved !== null && !Array.isArray(resolved) ? resolved : {};
}
