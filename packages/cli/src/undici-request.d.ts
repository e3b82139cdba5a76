/**
 * The `request` of undici's clients. Only it and `Client` are loaded, because all of undici doubles the time in which
 * `picket` starts. The published types describe only the whole.
 */
declare module 'undici/lib/api/api-request.js' {
  export interface RequestOptions {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array | null;
    /** Milliseconds until the headers of the answer. */
    readonly headersTimeout?: number;
    readonly signal: AbortSignal;
  }

  export interface ResponseData {
    readonly statusCode: number;
    readonly body: AsyncIterable<Uint8Array> & { text(): Promise<string> };
  }

  /** Rejects with the signal's reason, or the error of undici, TLS or the system. */
  export default function request(this: object, options: RequestOptions): Promise<ResponseData>;
}
