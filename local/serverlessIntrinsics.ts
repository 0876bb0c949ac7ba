import { type CollectionTag, isCollection, type ScalarTag } from 'yaml';

/** A CloudFormation intrinsic function as it stands in a template: `!Ref X` or `{ Ref: X }`. */
export class Intrinsic {
  /** Long name: `Ref`, `Fn::GetAtt`, `Fn::Sub`, ... */
  readonly name: string;
  /** What it is applied to; of `Fn::GetAtt` always the pair of logical id and attribute. */
  readonly argument: unknown;

  constructor(name: string, argument: unknown) {
    this.name = name;
    this.argument = name === 'Fn::GetAtt' && typeof argument === 'string' ? splitAttribute(argument) : argument;
  }

  toString(): string {
    return `${this.name} ${JSON.stringify(this.argument)}`;
  }
}

const functionNames = [
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'GetAtt',
  'GetAZs',
  'If',
  'ImportValue',
  'Join',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
  'Transform',
];
const shortNames = ['Ref', 'Condition', ...functionNames];

/** The tags of CloudFormation for the YAML parser. */
export const intrinsicTags: (ScalarTag | CollectionTag)[] = shortNames.flatMap((name) => {
  const longName = functionNames.includes(name) ? `Fn::${name}` : name;
  const tag = `!${name}`;
  const resolveCollection = (node: unknown) => new Intrinsic(longName, isCollection(node) ? node.toJSON() : node);
  return [
    { tag, resolve: (text: string) => new Intrinsic(longName, text) },
    { tag, collection: 'seq' as const, resolve: resolveCollection },
    { tag, collection: 'map' as const, resolve: resolveCollection },
  ];
});

/** @returns the intrinsic that a value is, in its tag form or as a mapping with one key; otherwise undefined. */
export function asIntrinsic(value: unknown): Intrinsic | undefined {
  if (value instanceof Intrinsic) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (!entry || others.length > 0) return undefined;
  const [name, argument] = entry;
  return name === 'Ref' || name.startsWith('Fn::') ? new Intrinsic(name, argument) : undefined;
}

function splitAttribute(text: string): [logicalId: string, attribute: string] {
  const dot = text.indexOf('.');
  return [text.slice(0, dot), text.slice(dot + 1)];
}
