import { TemplateError } from '../errors.js';
import { referencesOf } from './references.js';
import type { Template, TemplateResource } from './template.js';

/**
 * The resources of a template in an order in which each comes after those it needs.
 *
 * @param names - the resources that are wanted; others are left out
 * @throws TemplateError for a circle, and for a name that is no resource, parameter or pseudo parameter
 */
export function deploymentOrder(template: Template, names: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string, path: readonly string[]): void => {
    const resource = template.Resources[name];
    if (!resource || state.get(name) === 'done') return;
    if (state.get(name) === 'open') {
      faults.push(`Circular dependency between resources: [${path.slice(path.indexOf(name)).join(', ')}]`);
      return;
    }
    state.set(name, 'open');
    for (const needed of needsOf(resource)) {
      if (!(needed in template.Resources) && !(needed in template.Parameters) && !needed.startsWith('AWS::'))
        faults.push(`Unresolved resource dependencies [${needed}] in the Resources block of the template`);
      if (names.has(needed)) visit(needed, [...path, name]);
    }
    state.set(name, 'done');
    order.push(name);
  };
  for (const name of names) visit(name, []);
  if (faults.length > 0) throw new TemplateError([...new Set(faults)]);
  return order;
}

function needsOf({ DependsOn, Properties }: TemplateResource): Set<string> {
  return new Set([...DependsOn, ...referencesOf(Properties)]);
}
