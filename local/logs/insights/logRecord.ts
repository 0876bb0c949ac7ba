import { parseJsonDocument } from '../filter/jsonPath.js';
import type { StoredEvent } from '../store/logStream.js';
import type { Scope } from './evaluate.js';
import { lambdaFields } from './lambdaFields.js';
import { Instant, type Value } from './values.js';

/** A log event with its place, as a query sees it. */
export interface LocatedEvent {
  readonly event: StoredEvent;
  readonly accountId: string;
  readonly logGroup: string;
  readonly logStream: string;
}

/**
 * A log event as a query sees it: the fields of CloudWatch, those discovered in Lambda's lines and in JSON (the whole
 * message or the first document within it, by dotted paths), and those that the query has added.
 */
export class LogRecord implements Scope {
  readonly #located: LocatedEvent;
  readonly #added = new Map<string, Value>();
  #lambda: ReadonlyMap<string, Value> | undefined;
  #document: { readonly value: object | undefined } | undefined;

  constructor(located: LocatedEvent) {
    this.#located = located;
  }

  get timestampMs(): number {
    return this.#located.event.timestampMs;
  }

  field(name: string): Value {
    if (this.#added.has(name)) return this.#added.get(name);
    return name.startsWith('@') ? this.#systemField(name) : this.#jsonField(name);
  }

  /** Gives a field a value; nothing leaves a discovered field of that name as it is. */
  add(name: string, value: Value): void {
    if (value !== undefined) this.#added.set(name, value);
  }

  #systemField(name: string): Value {
    const { event, accountId, logGroup, logStream } = this.#located;
    switch (name) {
      case '@timestamp':
        return new Instant(event.timestampMs);
      case '@ingestionTime':
        return new Instant(event.ingestionMs);
      case '@message':
        return event.message;
      case '@logStream':
        return logStream;
      case '@log':
        return `${accountId}:${logGroup}`;
      case '@ptr':
        return Buffer.from(JSON.stringify([logGroup, logStream, event.sequence])).toString('base64');
    }
    this.#lambda ??= lambdaFields(event.message);
    return this.#lambda.get(name);
  }

  #jsonField(name: string): Value {
    this.#document ??= { value: discoverDocument(this.#located.event.message) };
    return leafAt(this.#document.value, name);
  }
}

function discoverDocument(message: string): object | undefined {
  const start = message.indexOf('{');
  if (start < 0) return undefined;
  return parseJsonDocument(message.slice(start, message.lastIndexOf('}') + 1));
}

/** A text, number or boolean at a dotted path; names may hold dots themselves. */
function leafAt(node: unknown, path: string): Value {
  if (typeof node !== 'object' || node === null) return undefined;
  const whole = member(node, path);
  if (typeof whole === 'string' || typeof whole === 'number' || typeof whole === 'boolean') return whole;
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const value = leafAt(member(node, path.slice(0, dot)), path.slice(dot + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}

function member(node: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(node, name)?.value;
}
