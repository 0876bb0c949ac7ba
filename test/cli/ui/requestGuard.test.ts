import { describe, expect, it } from 'vitest';
import { admit, type GuardedRequest, requireToken } from '../../../cli/ui/requestGuard.js';

type Headers = GuardedRequest['headers'];

const get = (headers: Headers = {}, path = '/secret/api/runs') =>
  admit({ method: 'GET', path, headers: { host: '127.0.0.1:8090', ...headers } });
const post = (headers: Headers = {}) =>
  admit({
    method: 'POST',
    path: '/secret/api/runs',
    headers: { host: '127.0.0.1:8090', 'content-type': 'application/json', ...headers },
  });
const refused = (status: number) => expect.objectContaining({ code: 'REQUEST_REFUSED', status });

describe('a request to the dashboard', () => {
  it('is split into the token and what comes behind it', () => {
    expect(get()).toEqual({ token: 'secret', rest: '/api/runs' });
    expect(get({}, '/secret')).toEqual({ token: 'secret', rest: '' });
    expect(get({}, '/secret/?a=/b')).toEqual({ token: 'secret', rest: '/?a=/b' });
  });

  it.each(['127.0.0.1:8090', 'localhost:8090', 'LOCALHOST', '127.0.0.1:9999'])('may call this machine %s', (host) => {
    expect(get({ host }).token).toBe('secret');
  });

  it.each(['rebound.example:8090', '192.168.1.7:8090', '127.0.0.1.nip.io', 'localhost.example', '', undefined])(
    'may not call this machine %s, as a name that was rebound to it would',
    (host) => {
      expect(() => get({ host })).toThrow(refused(421));
    },
  );

  it.each(['https://evil.example', 'http://127.0.0.1:8091', 'http://localhost:8090', 'null'])(
    'may not come from a page of %s',
    (origin) => {
      expect(() => post({ origin })).toThrow(refused(403));
      expect(() => get({ origin })).toThrow(refused(403));
    },
  );

  it('may come from a page of the dashboard itself', () => {
    expect(post({ origin: 'http://127.0.0.1:8090', 'sec-fetch-site': 'same-origin' }).rest).toBe('/api/runs');
  });

  it.each(['cross-site', 'same-site'] as const)(
    'may not be made by a %s page, but for a link that is followed',
    (site) => {
      const link: Headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
      expect(() => get({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' })).toThrow(refused(403));
      expect(() => get({ ...link, 'sec-fetch-dest': 'iframe' })).toThrow(refused(403));
      expect(() => post(link)).toThrow(refused(403));
      expect(get(link).token).toBe('secret');
    },
  );

  it.each(['PUT', 'DELETE', 'OPTIONS', 'HEAD'])('may not be a %s', (method) => {
    expect(() => admit({ method, path: '/secret/', headers: { host: 'localhost' } })).toThrow(refused(405));
  });

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'may not bring %s, which a form of another page could send',
    (type) => {
      expect(() => post({ 'content-type': type })).toThrow(refused(415));
    },
  );

  it('needs the very token', () => {
    expect(() => requireToken('secret', 'secret')).not.toThrow();
    for (const guess of ['', 'Secret', 'secre', 'secret ', 'secrets']) {
      expect(() => requireToken(guess, 'secret')).toThrow(refused(403));
    }
  });
});
