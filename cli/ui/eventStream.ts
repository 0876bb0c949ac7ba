import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { commonHeaders } from './responseHeaders.js';
import type { LiveMessage } from './wire.js';

/** Silence after which a comment is sent, so that nobody in between takes the connection for dead. */
const heartbeatMs = 15_000;

/** One message in the format of server-sent events (WHATWG HTML, 9.2). */
export const eventText = ({ name, data }: LiveMessage): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Sends messages as they come, no quicker than they are taken, until there are no more or nobody listens. */
export async function sendEvents(
  response: ServerResponse,
  messages: AsyncIterable<LiveMessage>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { ...commonHeaders, 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
  try {
    for await (const message of messages) {
      if (!response.write(eventText(message))) await once(response, 'drain', { signal });
    }
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}
