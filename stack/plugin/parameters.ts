import { StackSettingError } from './errors.js';

/** Parameters that have no default, because without them there is nothing. */
const withoutDefault = ['reservedConcurrency', 'rendezvousUrl', 'rendezvousSecret'];

/** Where the framework keeps the parameters of a deployment. */
export interface ParameterSources {
  readonly processedInput: { readonly options: { readonly param?: readonly string[] } };
  readonly configurationInput: { readonly params?: Readonly<Record<string, object>> };
}

/**
 * The framework passes over a parameter that nothing asks for; a name with a slip in it would deploy something else.
 *
 * @throws StackSettingError naming every parameter that does not exist.
 */
export function checkParameters({ processedInput, configurationInput }: ParameterSources): void {
  const { default: defaults = {}, ...stages } = configurationInput.params ?? {};
  const known = [...Object.keys(defaults), ...withoutDefault].sort();
  const given = [
    ...(processedInput.options.param ?? []).map((text) => ['--param', text.split('=', 1)[0]]),
    ...Object.entries(stages).flatMap(([stage, params]) =>
      Object.keys(params).map((name) => [`params.${stage}`, name]),
    ),
  ];
  const faults = given
    .filter(([, name]) => !known.includes(name))
    .map(([place, name]) => `${place}: there is no parameter ${name}`);
  if (faults.length > 0) throw new StackSettingError([...faults, `known are ${known.join(', ')}`]);
}
