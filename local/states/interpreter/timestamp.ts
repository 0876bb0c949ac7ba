/** Timestamps of the States Language: RFC 3339 with an upper-case T, and an upper-case Z where there is no offset. */
const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch, or undefined where the text is no timestamp. */
export function parseTimestamp(text: unknown): number | undefined {
  if (typeof text !== 'string' || !pattern.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
