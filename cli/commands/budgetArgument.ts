import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Reads an amount of US dollars such as `1usd` or `0.25`. */
export function budgetArgument(text: string): number {
  const [, amount] = /^(\d+(?:\.\d+)?|\.\d+)\s*(?:usd)?$/i.exec(text) ?? [];
  if (amount !== undefined && Number(amount) > 0) return Number(amount);
  throw new InvalidArgumentError('Expected an amount of US dollars above 0, such as 1usd or 0.25.');
}
