/**
 * The `request` of undici's clients by its own path. Only it and `Client` are loaded: all of undici doubles the time in which `picket`
 * starts.
 */
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  const request: Dispatcher['request'];
  export default request;
}
