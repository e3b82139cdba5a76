import { failure } from '@picket/shared/errors.ts';
import { quote } from '@picket/shared/problems.ts';

const defaultPort = 7443;

/**
 * The one spelling of a coordinator's address: `https://HOST:PORT`. A bare `HOST` or `HOST:PORT` is taken too, and
 * without a port it is 7443. Throws `coordinator_url_invalid`.
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
  if (url.username !== '' || url.password !== '') throw refuse('it holds a user or password, and none is used');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw refuse('it must end after the host and port');
  // URL leaves https's own port out, so only the text tells whether it was given.
  const port = url.port !== '' ? url.port : /:443\/?$/.test(written) ? '443' : String(defaultPort);
  return `https://${url.hostname}:${port}`;
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@');
}
