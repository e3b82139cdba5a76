import { failure, PicketError } from '@picket/shared/errors.ts';

const closed = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED'];

/** What was tried when a connection failed. */
export interface Attempt {
  readonly server: string;
  /** As `GET /v1/clusters`. */
  readonly request: string;
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
}

/**
 * An error of undici, TLS or the system about a failed request, in plain words. Undefined if the error is not one of the
 * network: then it is a defect of `picket`.
 */
export function connectionProblem(error: unknown, attempt: Attempt): PicketError | undefined {
  const { server: url, request, deadlineMs, maxAnswerBytes } = attempt;
  const { hostname, host } = new URL(url);
  const options = { cause: error };
  const unreachable = (reason: string) => failure('coordinator_unreachable', { url, reason }, options);
  const silent = (reason: string) => failure('coordinator_silent', { url, request, reason }, options);
  const untrusted = (problem: string) => failure('coordinator_untrusted', { url, problem }, options);
  const foreign = (problem: string) => failure('coordinator_answer_invalid', { url, problem }, options);

  const code = codeOf(error);
  if (closed.includes(code)) return silent('the connection was closed');
  switch (code) {
    case 'TimeoutError':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return silent(`no answer within ${Math.round(deadlineMs / 1000)} s`);
    case 'ECONNREFUSED':
      return unreachable(`no coordinator listens at ${host} (connection refused)`);
    case 'ENOTFOUND':
      return unreachable(`DNS does not know the name ${hostname}`);
    case 'EAI_AGAIN':
      return unreachable(`no DNS server answered for the name ${hostname}`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return unreachable('no route leads to that machine');
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return unreachable('the machine does not answer; it may be off, or a firewall blocks the connection');
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
      return untrusted("its certificate was not issued by the context's certificateAuthority");
    case 'CERT_HAS_EXPIRED':
      return untrusted("its certificate has expired; check this machine's clock, then the coordinator");
    case 'CERT_NOT_YET_VALID':
      return untrusted("its certificate is not valid yet; check this machine's clock");
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return failure('coordinator_name_mismatch', { host: hostname, names: certifiedNames(error) }, options);
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return foreign('it does not speak TLS');
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return foreign(`its answer is larger than ${maxAnswerBytes} bytes`);
    case 'UND_ERR_HEADERS_OVERFLOW':
      return foreign('its headers are too large');
    default:
      if (code.startsWith('HPE_')) return foreign('it does not speak HTTP');
      if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return untrusted(`the TLS handshake failed (${code})`);
      if (/^E[A-Z]+$/.test(code)) return unreachable(`the connection failed (${code})`);
      return undefined;
  }
}

/** Whether the connection was closed before the answer: the coordinator may have got the request. */
export function wasClosed(error: unknown): boolean {
  return error instanceof PicketError && error.code === 'coordinator_silent' && closed.includes(codeOf(error.cause));
}

/** The code of an error. For an attempt at several addresses, that of the first failure; for a DOMException, its name. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error.name === 'TimeoutError') return error.name;
  return error.cause === undefined ? '' : codeOf(error.cause);
}

function certifiedNames(error: unknown): string {
  const { cert } = error as { readonly cert?: { readonly subjectaltname?: unknown } };
  const names = cert?.subjectaltname;
  return typeof names === 'string' && names !== '' ? names.replaceAll(/(DNS|IP Address):/g, '') : 'none';
}
