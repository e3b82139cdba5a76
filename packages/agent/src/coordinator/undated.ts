import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { type Contract, methodAndPath, pathOf } from '@picket/shared/contract/contract.ts';
import { joiningContracts } from '@picket/shared/contract/joining.ts';
import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { hostOf } from '@picket/shared/names.ts';
import { parseJson } from '@picket/shared/parse-json.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import { type Certificate, certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { checkDates, verifyIssued } from '@picket/shared/pki/verify.ts';
import { misfit } from '@picket/shared/protocol/check.ts';
import { ReportAnswer, type ReportRequest } from '@picket/shared/protocol/report.ts';
import { withShortSentences } from '@picket/shared/protocol/sentences.ts';
import { exchangeOnce } from '../http/connection.ts';
import { connectionProblem } from '../http/connection-problem.ts';
import { type Answer, AnswerTooLongError, type Exchange } from '../http/exchange.ts';
import { agentHeaders } from './client.ts';
import { readRemoteError } from './remote-error.ts';

/**
 * The coordinator's API for a node that cannot judge dates (R14). It verifies the certificate's chain, purpose and
 * name, and judges the dates by the clock that the coordinator itself reports. An attacker with an expired certificate
 * and its stolen key could answer here. So the node only reads the time and sends reports this way, and acts on nothing
 * that it receives.
 *
 * Each call opens its own connection and rejects as the calls of `CoordinatorClient` do.
 *
 * @param passed a moment that has surely passed, in milliseconds since the epoch: the agent refuses a coordinator whose
 *   clock is earlier
 */
export interface UndatedCoordinator {
  /** The coordinator's clock, to the second. */
  time(passed: number, signal?: AbortSignal): Promise<number>;
  report(request: ReportRequest, passed: number): Promise<ReportAnswer>;
}

export interface UndatedCoordinatorOptions {
  readonly url: string;
  /** PEM bundle of the authorities that may vouch for the coordinator. */
  readonly trust: string;
  /** Certificate and key of this node in one PEM. */
  readonly credential: string;
}

const deadlineMs = 10_000;
const mostAnswerBytes = 256 * 1024;
const mostCertificates = 5;

/** Opens no connection yet. */
export function undatedCoordinator(options: UndatedCoordinatorOptions): UndatedCoordinator {
  return {
    async time(passed, signal) {
      const { date } = await ask(options, passed, joiningContracts.trustBundle, { signal });
      return date;
    },
    async report(request, passed) {
      const { status, body } = await ask(options, passed, nodeContracts.report, { body: request });
      const value = withShortSentences(ReportAnswer, parseJson(body));
      const refusal = status === 200 ? undefined : readRemoteError(status, value);
      if (refusal !== undefined) throw refusal;
      const problem = status === 200 ? misfit(ReportAnswer, value) : `its status is ${status}`;
      if (problem !== undefined) throw invalid(options, `its answer is wrong: ${problem}`);
      return value as ReportAnswer;
    },
  };
}

async function ask(
  options: UndatedCoordinatorOptions,
  passed: number,
  route: Contract,
  asked: Pick<Exchange, 'body' | 'signal'>,
): Promise<Answer & { readonly date: number }> {
  const { url, credential } = options;
  const [method] = methodAndPath(route);
  const request = { ...asked, method, headers: agentHeaders, deadlineMs, mostBytes: mostAnswerBytes };
  const vouched: Certificate[] = [];
  try {
    // OpenSSL reports only its last complaint about a chain. A complaint about dates would hide that no trusted authority signed the
    // certificate. So it is judged here, before anything is sent.
    const judge = (socket: TLSSocket) => void vouched.push(vouchedFor(socket, options, passed));
    const answer = await exchangeOnce(`${url}${pathOf(route, {})}`, { trust: null, credential }, request, judge);
    const date = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(date)) throw invalid(options, 'it holds no time');
    if (date < passed) throw invalid(options, 'its clock shows a moment that has already passed');
    for (const certificate of vouched) checkDates(certificate, new Date(date));
    return { ...answer, date };
  } catch (cause) {
    if (cause instanceof PicketError && cause.code.startsWith('coordinator_')) throw cause;
    if (cause instanceof AnswerTooLongError) throw invalid(options, 'its answer is too long');
    const reason = cause instanceof PicketError ? cause.message : connectionProblem(cause);
    throw failure('coordinator_unreachable', { url, reason }, { cause });
  }
}

function vouchedFor(socket: TLSSocket, { url, trust }: UndatedCoordinatorOptions, passed: number): Certificate {
  const [certificate, ...intermediates] = presented(socket.getPeerCertificate(true));
  if (certificate === undefined) throw invalid({ url }, 'it showed no certificate');
  verifyIssued(certificate, readBundle(trust), { purpose: 'serverAuth', intermediates });
  const host = hostOf(new URL(url));
  if (checkServerIdentity(host, socket.getPeerCertificate()) !== undefined) {
    const names = certificate.sans.map(({ value }) => value).join(', ');
    throw failure('coordinator_name_mismatch', { host, names: names || 'no host at all' });
  }
  // An expired certificate is wrong whatever the time is now.
  if (certificate.notAfter.getTime() < passed) checkDates(certificate, new Date(passed));
  return certificate;
}

function presented(first: DetailedPeerCertificate): readonly Certificate[] {
  const found: Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = first;
  while (next?.raw !== undefined && found.length < mostCertificates) {
    found.push(certificateFromDer(next.raw));
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return found;
}

function invalid({ url }: Pick<UndatedCoordinatorOptions, 'url'>, problem: string): PicketError {
  return failure('coordinator_answer_invalid', { url, problem });
}
