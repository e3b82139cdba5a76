/**
 * Parts of undici's public interface by their own paths, with the types that undici publishes for the whole. Only these parts are
 * loaded: all of undici costs 13 MB more on a node.
 */
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}
declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici';
}
