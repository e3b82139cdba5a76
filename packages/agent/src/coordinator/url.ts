import { failure } from '@picket/shared/errors.ts';
import { quote } from '@picket/shared/problems.ts';

const defaultPort = 7443;

/**
 * The canonical spelling of a coordinator's address: `https://HOST:PORT`. It also accepts a bare `HOST` or `HOST:PORT`;
 * the default port is 7443. Throws `coordinator_url_invalid`.
 */
export function coordinatorUrl(text: string): string {
  const trimmed = text.trim();
  const refuse = (problem: string) =>
    failure('coordinator_url_invalid', { url: quote(withoutCredentials(trimmed)), problem });
  if (trimmed === '') throw refuse('it is empty');
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  const url = URL.parse(written);
  if (url === null || url.hostname === '') throw refuse('it cannot be read');
  if (url.protocol !== 'https:') throw refuse('it must begin with https://');
  if (url.username !== '' || url.password !== '')
    throw refuse('it holds a user or password, which Picket does not use');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw refuse('it must end after the host and port');
  // URL drops the default port of https, so only the text shows whether a port was given.
  const port = url.port !== '' ? url.port : /:443\/?$/.test(written) ? '443' : String(defaultPort);
  return `https://${url.hostname}:${port}`;
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@');
}
