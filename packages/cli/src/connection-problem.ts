import { failure, PicketError } from '@picket/shared/errors.ts';
import { networkAdvice, networkCode, networkProblem, networkWords } from '@picket/shared/network-problem.ts';

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
  const options = { cause: error };
  const unreachable = (reason: string) => failure('coordinator_unreachable', { url, reason }, options);
  const silent = (reason: string) =>
    failure('coordinator_silent', { url, request, reason, list: listFor(request) }, options);
  const untrusted = (problem: string) => failure('coordinator_untrusted', { url, problem }, options);
  const foreign = (problem: string) => failure('coordinator_answer_invalid', { url, problem }, options);

  const late = () => silent(`no answer within ${Math.round(deadlineMs / 1000)} s`);
  if (error instanceof Error && error.name === 'TimeoutError') return late();
  const code = networkCode(error);
  const known = networkProblem(code);
  switch (known) {
    case undefined:
      break;
    case 'closed':
      return silent(networkWords(known));
    case 'untrusted':
      return untrusted("its certificate was not issued by the context's certificateAuthority");
    case 'expired':
    case 'not-yet-valid':
      return untrusted(networkAdvice(known));
    case 'other-name':
      return failure(
        'coordinator_name_mismatch',
        { host: new URL(url).hostname, names: certifiedNames(error) },
        options,
      );
    case 'no-tls':
      return foreign(networkWords(known));
    default:
      return unreachable(networkAdvice(known));
  }
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return late();
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

/** By what follows `/v1/`: the command that lists what a request may have changed. */
const lists: Readonly<Record<string, string>> = {
  nodes: 'picket node list',
  notifications: 'picket notify list',
  operators: 'picket operator list',
  'release-fetches': 'picket release list',
  releases: 'picket release list',
  tokens: 'picket token list',
};

/** Where an operator sees whether this request was carried out. */
function listFor(request: string): string {
  const [, , subject = ''] = request.split('/');
  return lists[subject] ?? 'picket cluster list';
}

/** Whether the connection was closed before the answer: the coordinator may have got the request. */
export function wasClosed(error: unknown): boolean {
  if (!(error instanceof PicketError) || error.code !== 'coordinator_silent') return false;
  return networkProblem(networkCode(error.cause)) === 'closed';
}

function certifiedNames(error: unknown): string {
  const { cert } = error as { readonly cert?: { readonly subjectaltname?: unknown } };
  const names = cert?.subjectaltname;
  return typeof names === 'string' && names !== '' ? names.replaceAll(/(DNS|IP Address):/g, '') : 'none';
}
