/**
 * The part of undici's `Client` that Picket uses. Only this part is loaded, because all of undici costs 14 MB more on a
 * node. It is declared here because the published types describe only the whole.
 */
declare module 'undici/lib/dispatcher/client.js' {
  import type { SecureVersion } from 'node:tls';

  export interface DispatchController {
    abort(reason: Error): void;
    /** Stops reading the answer from the connection. */
    pause(): void;
    resume(): void;
  }

  export interface DispatchHandler {
    onRequestStart(controller: DispatchController): void;
    onResponseStart(
      controller: DispatchController,
      status: number,
      headers: Readonly<Record<string, string | string[] | undefined>>,
    ): void;
    onResponseData(controller: DispatchController, chunk: Buffer): void;
    onResponseEnd(controller: DispatchController): void;
    onResponseError(controller: DispatchController | null, error: Error): void;
  }

  export interface DispatchOptions {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array | null;
    /** Closes the connection after this request. */
    readonly reset?: boolean;
  }

  /** Times in milliseconds; 0 for no limit. */
  export interface ClientOptions {
    readonly pipelining?: number;
    readonly allowH2?: boolean;
    readonly headersTimeout?: number;
    readonly bodyTimeout?: number;
    readonly keepAliveTimeout?: number;
    readonly maxHeaderSize?: number;
    /** Bytes; -1 for no limit. */
    readonly maxResponseSize?: number;
    /** The number of TLS sessions kept for resumption. */
    readonly maxCachedSessions?: number;
    readonly connect?: {
      readonly ca?: string;
      readonly cert?: string;
      readonly key?: string;
      readonly minVersion?: SecureVersion;
      readonly rejectUnauthorized?: boolean;
      readonly timeout?: number;
    };
  }

  export default class Client {
    constructor(origin: string, options: ClientOptions);
    dispatch(options: DispatchOptions, handler: DispatchHandler): boolean;
    destroy(): Promise<void>;
  }
}
