import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { ServerlessConfigError } from './errors.js';
import type { EventRule } from './events/eventBus.js';
import { type EventPattern, eventPatternSchema } from './events/eventPattern.js';
import { asIntrinsic, type Intrinsic, intrinsicTags } from './serverlessIntrinsics.js';

export interface ServerlessEventsOptions {
  /** The ARN of a function by its key in the file. */
  readonly functionArn: (key: string) => string;
  /** Gives the value of a CloudFormation intrinsic in a pattern; undefined refuses it. */
  readonly resolveIntrinsic: (intrinsic: Intrinsic) => string | undefined;
}

const fileSchema = z.object({
  functions: z.record(z.string(), z.looseObject({ events: z.array(z.unknown()).optional() })),
});
const eventSchema = z.strictObject({ eventBridge: z.strictObject({ pattern: z.unknown() }) });

/**
 * Reads which events of other services `serverless.yml` gives to its functions: those by `eventBridge` patterns, which are
 * all that the embedded cloud delivers.
 *
 * @throws ServerlessConfigError listing every fault.
 */
export async function readServerlessEvents(path: string, options: ServerlessEventsOptions): Promise<EventRule[]> {
  const document = parseDocument(await readFile(path, 'utf8'), { customTags: intrinsicTags });
  const { functions } = fileSchema.parse(document.toJS());
  const faults: string[] = [];
  const rules = Object.entries(functions).flatMap(([key, { events = [] }]) =>
    events.flatMap((event, index) => {
      const at = `functions.${key}.events.${index}`;
      const pattern = patternOf(event, at, options, faults);
      if (!pattern) return [];
      const targets = [{ id: key, arn: options.functionArn(key) }];
      return [{ name: `${key}-${index + 1}`, pattern, isEnabled: true, targets }];
    }),
  );
  if (faults.length > 0) throw new ServerlessConfigError(basename(path), faults);
  return rules;
}

function patternOf(
  event: unknown,
  at: string,
  { resolveIntrinsic }: ServerlessEventsOptions,
  faults: string[],
): EventPattern | undefined {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) {
    faults.push(`${at}: the embedded cloud delivers events by eventBridge.pattern only`);
    return undefined;
  }
  const filledIn = fillIn(parsed.data.eventBridge.pattern, (intrinsic) => {
    const value = resolveIntrinsic(intrinsic);
    if (value === undefined) faults.push(`${at}: cannot be resolved here: ${intrinsic}`);
    return value;
  });
  const pattern = eventPatternSchema.safeParse(filledIn);
  if (pattern.success) return pattern.data;
  faults.push(`${at}: ${z.prettifyError(pattern.error)}`);
  return undefined;
}

/** The same value with what its intrinsics stand for. */
function fillIn(value: unknown, resolve: (intrinsic: Intrinsic) => string | undefined): unknown {
  const intrinsic = asIntrinsic(value);
  if (intrinsic) return resolve(intrinsic) ?? String(intrinsic);
  if (Array.isArray(value)) return value.map((each) => fillIn(each, resolve));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fillIn(each, resolve)]));
}
