import { expect, it } from 'vitest';
import { parseForm } from '../../../local/query/formParameters.js';

it('puts lists and structures of the query protocol together', () => {
  const body = 'Action=A&Tags.member.2.Key=b&Tags.member.1.Key=a&Tags.member.1.Value=1%202&Deep.One.Two=x';
  expect(parseForm(body)).toEqual({
    Action: 'A',
    Tags: [{ Key: 'a', Value: '1 2' }, { Key: 'b' }],
    Deep: { One: { Two: 'x' } },
  });
});

it('puts the lists of EC2 together, in the order of their numbers', () => {
  const body = Array.from({ length: 11 }, (_, index) => `InstanceId.${index + 1}=i-${index + 1}`)
    .reverse()
    .join('&');
  expect(parseForm(body).InstanceId).toEqual(Array.from({ length: 11 }, (_, index) => `i-${index + 1}`));
});
