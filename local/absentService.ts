import type { IncomingMessage, ServerResponse } from 'node:http';

/** Whether a request is one of the JSON protocols of AWS, which name their operation in a header. */
export function isJsonProtocol({ headers }: IncomingMessage): boolean {
  return headers['x-amz-target'] !== undefined;
}

/**
 * Answers a request to a service that the embedded cloud does not have, in the JSON protocol that it speaks: to clients
 * that ask around, such as deployment tools, a service that cannot be used is one that they may not use.
 */
export function refuseAbsentService(response: ServerResponse, service: string): void {
  const body = Buffer.from(
    JSON.stringify({ __type: 'AccessDeniedException', message: `The embedded cloud has no service ${service}.` }),
  );
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1', 'content-length': body.length }).end(body);
}
