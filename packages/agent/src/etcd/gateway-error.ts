import { EtcdError, unauthenticated } from './etcd.ts';
import { objectFrom } from './gateway-json.ts';

const unavailable = 14;

/**
 * Reads an error of the gateway: the body of an answer, or `error` in a line of a stream. null if it is no error. The
 * code is in `code`, in streams of 3.5 in `grpc_code`. The words are in `message`, in 3.5 in `error` as well.
 */
export function gatewayError(value: unknown): EtcdError | null {
  const { code, grpc_code: grpcCode, message, error } = objectFrom(value);
  const number = [code, grpcCode].find((one) => typeof one === 'number');
  const words = [message, error].find((one) => typeof one === 'string');
  if (typeof number !== 'number' || typeof words !== 'string') {
    return typeof error === 'object' && error !== null ? gatewayError(error) : null;
  }
  return new EtcdError(codeFor(number, words), words.slice(0, 1000));
}

/**
 * Recognises the gateway's refusal of every call while authentication is on; null for other answers. The gateway cannot
 * pass on the caller's name, so it refuses in plain text, not JSON.
 */
export function authenticationRefusal(status: number, body: string): EtcdError | null {
  return status === 400 && body.startsWith('CommonName of client sending a request against gateway')
    ? new EtcdError(unauthenticated, "etcd's authentication is on, so its JSON gateway refuses every call")
    : null;
}

/** True for the words with which etcd refuses a caller because authentication is on. */
export function isAuthenticationRefusal(words: string): boolean {
  return /user name is empty|permission denied|invalid auth token|user name not found|auth: user not found/.test(words);
}

/**
 * The code for etcd's words. A learner does not answer some calls, so the code says nothing about the request: 14 in 3.5, 9
 * from 3.6 on.
 */
export function codeFor(code: number, words: string): number {
  if (isAuthenticationRefusal(words)) return unauthenticated;
  return words.includes('rpc not supported for learner') ? unavailable : code;
}
