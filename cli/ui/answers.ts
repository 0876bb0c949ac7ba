import type { ServerResponse } from 'node:http';
import { PayloadError } from '../../run/parsePayload.js';
import { RunEndedError, RunNameError, RunNotFoundError } from '../errors.js';
import { errorReport } from '../errorText.js';
import { NoReportError, RequestRefusedError } from './errors.js';
import { commonHeaders } from './responseHeaders.js';
import type { RefusalView } from './wire.js';

/** Sends an answer whole. */
export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  content: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...commonHeaders,
    ...headers,
    'content-type': contentType,
    'content-length': Buffer.byteLength(content),
  });
  response.end(content);
}

export const sendJson = (response: ServerResponse, status: number, body: object): void =>
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body));

/** Tells the page, in JSON, what went wrong; one that has been answered already hears no more. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  const { code, message, hint } = errorReport(error);
  const body: RefusalView = { error: { code, message: hint ? `${message} ${hint}` : message } };
  sendJson(response, statusOf(error), body);
}

/** Whatever else goes wrong went wrong in the cloud behind this server. */
function statusOf(error: unknown): number {
  if (error instanceof RequestRefusedError) return error.status;
  if (error instanceof RunNotFoundError || error instanceof NoReportError) return 404;
  if (error instanceof RunNameError || error instanceof RunEndedError) return 409;
  if (error instanceof PayloadError) return 422;
  return 502;
}
