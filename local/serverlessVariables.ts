import { Intrinsic } from './serverlessIntrinsics.js';

/** A variable that cannot be resolved; the message names it. */
export class VariableFault extends Error {
  override readonly name = 'VariableFault';
}

/** Where the values of variables come from. */
export interface VariableSources {
  /** The parsed document, for `self:`. */
  readonly document: unknown;
  /** For `sls:stage`. */
  readonly stage: () => string;
  /** For `aws:region`. */
  readonly region: () => string;
  /** For `param:`. */
  readonly param: (name: string) => unknown;
  /** For `opt:`, the options of the command line. */
  readonly options: Readonly<Record<string, string>>;
  /** For `env:`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Resolves the variables of `serverless.yml`: `${self:a.b}`, `${sls:stage}`, `${param:x}`, `${opt:x}`, `${env:X}` and
 * `${aws:region}`, each with fallbacks after commas (quoted text, numbers, booleans, null, other sources), also nested.
 *
 * Source: https://www.serverless.com/framework/docs/guides/variables
 */
export class VariableResolver {
  readonly #sources: VariableSources;
  /** Addresses under resolution, to see a circle. */
  readonly #path: string[] = [];

  constructor(sources: VariableSources) {
    this.#sources = sources;
  }

  /** @throws VariableFault */
  resolve(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value, false);
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (value instanceof Intrinsic) return new Intrinsic(value.name, this.#inIntrinsic(value));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item)]));
  }

  #inIntrinsic({ name, argument }: Intrinsic): unknown {
    if (name === 'Fn::Sub' && typeof argument === 'string') return this.#text(argument, true);
    if (name === 'Fn::Sub' && Array.isArray(argument))
      return argument.map((item, n) =>
        n === 0 && typeof item === 'string' ? this.#text(item, true) : this.resolve(item),
      );
    return this.resolve(argument);
  }

  /** A text that is one variable takes its value with its type; within other text values become text. */
  #text(text: string, insideSub: boolean): unknown {
    const parts: unknown[] = [];
    let position = 0;
    for (;;) {
      const start = text.indexOf('${', position);
      if (start < 0) break;
      const end = closingBrace(text, start + 2);
      const content = text.slice(start + 2, end);
      if (start > position) parts.push(text.slice(position, start));
      const ofCloudFormation = insideSub && /^(AWS::\w+|\w+(\.\w+)*)$/.test(content);
      parts.push(ofCloudFormation ? text.slice(start, end + 1) : this.#variable(content));
      position = end + 1;
    }
    if (position < text.length) parts.push(text.slice(position));
    if (parts.length === 1) return parts[0];
    return parts.map((part) => textOf(part, text)).join('');
  }

  #variable(content: string): unknown {
    for (const source of splitSources(content)) {
      // As the last resort of a setting, that it is not set.
      if (source === 'null') return undefined;
      const value = this.#source(source, content);
      if (value !== undefined && value !== null) return value;
    }
    throw new VariableFault(`\${${content}} has no value and no fallback`);
  }

  #source(source: string, variable: string): unknown {
    const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(source);
    if (quoted) return quoted[1] ?? quoted[2];
    if (/^-?\d+(\.\d+)?$/.test(source)) return Number(source);
    if (source === 'true' || source === 'false') return source === 'true';
    if (source.startsWith('${')) return this.#text(source, false);
    const [, type, address] = /^(\w+):(.*)$/s.exec(source) ?? [];
    if (type === undefined || address === undefined)
      throw new VariableFault(`\${${variable}}: the embedded cloud does not know the source "${source}"`);
    return this.#lookUp(type, textOf(this.#text(address, false), variable), variable);
  }

  #lookUp(type: string, address: string, variable: string): unknown {
    const { document, stage, region, param, options, env } = this.#sources;
    switch (type) {
      case 'self':
        return this.#within(`self:${address}`, () => this.resolve(valueAt(document, address)));
      case 'param':
        return this.#within(`param:${address}`, () => this.resolve(param(address)));
      case 'opt':
        return options[address];
      case 'env':
        return env[address];
      case 'sls':
        if (address === 'stage') return this.#within('sls:stage', stage);
        break;
      case 'aws':
        if (address === 'region') return this.#within('aws:region', region);
        break;
    }
    throw new VariableFault(`\${${variable}}: the embedded cloud does not know ${type}:${address}`);
  }

  #within(address: string, look: () => unknown): unknown {
    if (this.#path.includes(address))
      throw new VariableFault(`\${${address}} refers to itself: ${[...this.#path, address].join(' -> ')}`);
    this.#path.push(address);
    try {
      return look();
    } finally {
      this.#path.pop();
    }
  }
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let position = from; position < text.length; position++) {
    if (text.startsWith('${', position)) depth++;
    else if (text[position] === '}' && --depth === 0) return position;
  }
  throw new VariableFault(`"${text}" has a \${ without its }`);
}

/** Splits at the commas that are neither quoted nor inside of a nested variable. */
function splitSources(content: string): string[] {
  const sources: string[] = [];
  let source = '';
  let depth = 0;
  let quote = '';
  for (const character of content) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (character === '{') depth++;
    else if (character === '}') depth--;
    if (character === ',' && depth === 0 && quote === '') {
      sources.push(source.trim());
      source = '';
    } else source += character;
  }
  return [...sources, source.trim()];
}

/** What lies at a dotted path; undefined where there is nothing. */
export function valueAt(document: unknown, path: string): unknown {
  let value = document;
  for (const key of path === '' ? [] : path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = new Map<string, unknown>(Object.entries(value)).get(key);
  }
  return value;
}

function textOf(value: unknown, variable: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new VariableFault(`"${variable}" puts something that is not text into a text`);
}
