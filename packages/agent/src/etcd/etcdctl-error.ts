import { reason } from '@picket/shared/reasons/reason.ts';
import { type Ended, problemOf } from '../host/run-as.ts';
import { EtcdError, RefusedByAuthentication } from './etcd.ts';
import { codeFor, isAuthenticationRefusal } from './gateway-error.ts';

const unknown = 2;
const deadlineExceeded = 4;

/** The gRPC codes by the names that Go gives them. */
const codes: Readonly<Record<string, number>> = {
  InvalidArgument: 3,
  DeadlineExceeded: deadlineExceeded,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  OutOfRange: 11,
  Unavailable: 14,
  Unauthenticated: 16,
};

/**
 * Why etcdctl failed. Its client logs `rpc error: code = NAME desc = WORDS` as JSON on stderr; its last line has only the
 * words.
 */
export function etcdctlError(ended: Ended, deadlineMs: number): EtcdError {
  if (ended.error?.killed === true)
    return new EtcdError(deadlineExceeded, `etcdctl gave no answer within ${deadlineMs} ms; etcd may have no leader`);
  const logged = [...ended.stderr.matchAll(/rpc error: code = (\w+) desc = ((?:[^"\\)]|\\.)*)/g)].at(-1);
  const words = (logged?.[2] ?? problemOf(ended).replace(/^Error: /, '')).trim().slice(0, 1000);
  if (isAuthenticationRefusal(words)) return new RefusedByAuthentication(reason('etcd_user_refused', { words }));
  const code = codes[logged?.[1] ?? ''] ?? (words.includes('context deadline exceeded') ? deadlineExceeded : unknown);
  return new EtcdError(codeFor(code, words), words);
}
