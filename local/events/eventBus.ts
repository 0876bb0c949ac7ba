import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { eventPatternSchema, matchesPattern } from './eventPattern.js';

export const eventRuleSchema = z.strictObject({
  name: z.string().regex(/^[.\-_A-Za-z0-9]{1,64}$/, 'must be 1 to 64 letters, digits and ._-'),
  pattern: eventPatternSchema,
  isEnabled: z.boolean(),
  targets: z.array(z.strictObject({ id: z.string(), arn: z.string() })),
});

/** Events that match its pattern go to its targets, which are Lambda functions. */
export type EventRule = z.output<typeof eventRuleSchema>;

/** What happened, before it is an event. */
export interface Happening {
  /** Such as `aws.states`. */
  readonly source: string;
  readonly detailType: string;
  /** ARNs of what it happened to. */
  readonly resources: readonly string[];
  readonly detail: object;
}

export interface EventBusOptions {
  /** Holds the rules. */
  readonly directory: string;
  readonly accountId: string;
  readonly region: string;
  /** Hands an event to a function that takes it later. */
  readonly deliver: (functionArn: string, event: object) => Promise<void>;
  /** Told of events that could not be delivered; who caused them has gone on. */
  readonly onFault: (error: unknown) => void;
}

/** The default bus of the embedded EventBridge: rules, and events of other services that they match. */
export class EventBus {
  readonly #options: EventBusOptions;
  readonly #rules: Map<string, EventRule>;
  #written: Promise<void> = Promise.resolve();

  private constructor(options: EventBusOptions, rules: readonly EventRule[]) {
    this.#options = options;
    this.#rules = new Map(rules.map((rule) => [rule.name, rule]));
  }

  static async open(options: EventBusOptions): Promise<EventBus> {
    await mkdir(options.directory, { recursive: true });
    const text = await readFile(rulesPath(options), 'utf8').catch(() => '[]');
    return new EventBus(options, z.array(eventRuleSchema).parse(JSON.parse(text)));
  }

  /** Makes a rule, or puts it in the place of the one of its name. */
  async put(rule: EventRule): Promise<void> {
    this.#rules.set(rule.name, rule);
    await this.#save();
  }

  async remove(name: string): Promise<void> {
    this.#rules.delete(name);
    await this.#save();
  }

  /** Sends an event to every target of every rule that matches it. */
  publish({ source, detailType, resources, detail }: Happening): void {
    const { accountId, region, deliver, onFault } = this.#options;
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': detailType,
      source,
      account: accountId,
      time: `${new Date().toISOString().slice(0, 19)}Z`,
      region,
      resources,
      detail,
    };
    for (const { isEnabled, pattern, targets } of this.#rules.values())
      if (isEnabled && matchesPattern(event, pattern))
        for (const { arn } of targets) deliver(arn, event).catch(onFault);
  }

  #save(): Promise<void> {
    const path = rulesPath(this.#options);
    this.#written = this.#written.then(async () => {
      await writeFile(`${path}.new`, JSON.stringify([...this.#rules.values()]));
      await rename(`${path}.new`, path);
    });
    return this.#written;
  }
}

function rulesPath({ directory }: EventBusOptions): string {
  return join(directory, 'rules.json');
}
