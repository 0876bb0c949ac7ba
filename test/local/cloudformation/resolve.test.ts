// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Fn::Sub look like those of templates
import { describe, expect, it } from 'vitest';
import { parameterValues } from '../../../local/cloudformation/template/parameters.js';
import { conditionHolds, resolveValue } from '../../../local/cloudformation/template/resolve.js';
import { parseTemplate, type TemplateValue } from '../../../local/cloudformation/template/template.js';

const template = parseTemplate(`
Conditions:
  IsBig: { Fn::Equals: [{ Ref: Size }, big] }
  IsSmall: { Fn::Not: [{ Condition: IsBig }] }
  Both: { Fn::And: [{ Condition: IsBig }, { Condition: IsSmall }] }
  Either: { Fn::Or: [{ Condition: IsBig }, { Condition: IsSmall }] }
Mappings: { Sizes: { us-east-1: { memory: 512 } } }
Resources: { Bucket: { Type: 'AWS::S3::Bucket' } }
`);
const scope = {
  template,
  parameters: new Map<string, string | string[]>([
    ['Size', 'big'],
    ['List', ['x', 'y']],
    ['AWS::Region', 'us-east-1'],
  ]),
  resources: new Map([['Bucket', { physicalId: 'my-bucket', attributes: { Arn: 'arn:my-bucket' } }]]),
};
const resolve = (value: TemplateValue) => resolveValue(value, scope);

describe('intrinsic functions', () => {
  it.each<[string, TemplateValue, TemplateValue]>([
    ['Ref of a resource', { Ref: 'Bucket' }, 'my-bucket'],
    ['Ref of a list', { Ref: 'List' }, ['x', 'y']],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:my-bucket'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:my-bucket'],
    [
      'Fn::Sub',
      { 'Fn::Sub': '${Bucket}/${Bucket.Arn}/${AWS::Region}/${!Kept}' },
      'my-bucket/arn:my-bucket/us-east-1/${Kept}',
    ],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${a}-${Size}', { a: { Ref: 'Bucket' } }] }, 'my-bucket-big'],
    ['Fn::Join', { 'Fn::Join': ['-', [{ Ref: 'Size' }, 'b', 3]] }, 'big-b-3'],
    ['Fn::Join of a list', { 'Fn::Join': [',', { Ref: 'List' }] }, 'x,y'],
    ['Fn::Split and Fn::Select', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    ['Fn::Base64', { 'Fn::Base64': { 'Fn::Sub': '${Size}' } }, 'Ymln'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'memory'] }, 512],
    ['Fn::GetAZs', { 'Fn::Select': ['0', { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
    ['Fn::If', { 'Fn::If': ['IsBig', { a: [1, { Ref: 'Size' }] }, 'no'] }, { a: [1, 'big'] }],
    [
      'AWS::NoValue, in objects and lists',
      { kept: [{ 'Fn::If': ['IsSmall', 1, { Ref: 'AWS::NoValue' }] }, 2], gone: { Ref: 'AWS::NoValue' } },
      { kept: [2] },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it.each<[TemplateValue, string]>([
    [{ Ref: 'Nobody' }, 'Unresolved resource dependencies [Nobody]'],
    [{ 'Fn::GetAtt': ['Bucket', 'Colour'] }, 'Requested attribute Colour does not exist in schema of Bucket'],
    [{ 'Fn::ImportValue': 'x' }, 'the intrinsic function Fn::ImportValue is not known here'],
    [{ 'Fn::Select': [9, { Ref: 'List' }] }, 'nonexistent value at index 9'],
    ['{{resolve:ssm:/a}}', 'the dynamic reference {{resolve:ssm:/a}} is not known here'],
  ])('refuses %j', (value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });

  it('knows and, or, not and conditions that are named', () => {
    expect(['IsBig', 'IsSmall', 'Both', 'Either'].map((name) => conditionHolds(name, scope))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('a template', () => {
  it('is refused with every fault of its form', () => {
    const text = JSON.stringify({ Transform: 'x', Resources: { 'a-b': { Type: 'T', Extra: 1 } } });
    expect(() => parseTemplate(text)).toThrow(/Transform.*a-b.*|a-b.*Transform/s);
    expect(() => parseTemplate('Resources: { A: { Type: !Ref B } }')).toThrow('short forms such as !Ref are not known');
  });

  it('gets its parameters, with every fault at once', () => {
    const declared = parseTemplate(`
Parameters:
  Count: { Type: Number, MinValue: 1, MaxValue: 3, Default: 2 }
  Name: { Type: String, AllowedPattern: '[a-z]+' }
  Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /ami }
  Zones: { Type: CommaDelimitedList, Default: 'a, b' }
Resources: {}
`);
    const readSsm = (name: string) => (name === '/ami' ? 'ami-1' : undefined);
    expect(Object.fromEntries(parameterValues(declared, new Map([['Name', 'abc']]), readSsm))).toEqual({
      Count: '2',
      Name: 'abc',
      Image: 'ami-1',
      Zones: ['a', 'b'],
    });
    const wrong = new Map([
      ['Count', '7'],
      ['Image', '/none'],
      ['Other', 'x'],
    ]);
    expect(() => parameterValues(declared, wrong, readSsm)).toThrow(
      /\[Other\].*Count must be from 1 to 3.*Name must have a value.*SSM parameter \/none/s,
    );
  });
});
