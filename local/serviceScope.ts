import type { IncomingMessage } from 'node:http';

/** How requests to the services look that do not say by their signature whom they are for. */
const looks: readonly (readonly [service: string, test: (request: IncomingMessage) => boolean])[] = [
  ['states', ({ headers }) => String(headers['x-amz-target']).startsWith('AWSStepFunctions.')],
  ['logs', ({ headers }) => String(headers['x-amz-target']).startsWith('Logs_')],
  ['lambda', ({ url = '' }) => /^\/(\d{4}-\d\d-\d\d\/(functions|account-settings)|_muster\/)/.test(url)],
];

/**
 * The service that a request is for, by the scope of its signature (`key/date/region/service/aws4_request`); of a
 * request without one by its looks, so that the service itself refuses it in its own words. `s3` where nothing tells.
 */
export function serviceOf(request: IncomingMessage): string {
  const credential = credentialOf(request)?.split('/');
  if (credential && credential.length >= 5) return credential.at(-2) ?? '';
  return looks.find(([, test]) => test(request))?.[0] ?? 's3';
}

function credentialOf({ headers, url = '' }: IncomingMessage): string | undefined {
  const inHeader = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  if (inHeader !== undefined) return inHeader;
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  return new URLSearchParams(query).get('X-Amz-Credential') ?? undefined;
}
