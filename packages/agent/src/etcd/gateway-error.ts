import { EtcdError, unauthenticated } from './etcd.ts';
import { objectFrom } from './gateway-json.ts';

const unavailable = 14;

/**
 * The error that the gateway sends, as the body of an answer or as `error` in a line of a stream; null where it is none.
 * Its code is called `code`, in streams of 3.5 `grpc_code`; its words stand under `message`, in 3.5 under `error` as well.
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
 * The gateway's refusal of every call while authentication is on, since it cannot pass on who calls; null for other answers.
 * It is plain text, not JSON.
 */
export function authenticationRefusal(status: number, body: string): EtcdError | null {
  return status === 400 && body.startsWith('CommonName of client sending a request against gateway')
    ? new EtcdError(unauthenticated, "etcd's authentication is on, and its JSON gateway then refuses every call")
    : null;
}

/** A learner cannot answer, which is no judgement on what it was asked: 14 in 3.5, and 9 from 3.6 on. */
function codeFor(code: number, words: string): number {
  if (/user name is empty|permission denied|invalid auth token/.test(words)) return unauthenticated;
  return words.includes('rpc not supported for learner') ? unavailable : code;
}
