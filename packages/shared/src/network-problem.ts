/** What keeps two programs from talking, as a clause, and behind it what to ask oneself. */
const problems = {
  refused: ['nothing listens there', 'is it running, and is the port right?'],
  'unknown-name': ['DNS does not know its name', 'is it spelled right?'],
  'no-dns': ['no DNS server answered', 'does DNS work on this machine?'],
  'no-route': ['no route leads there', 'is the network up, and is it the right one?'],
  silent: ['nothing answers at that address', 'is it switched on, and does a firewall block it?'],
  closed: ['the connection was closed', 'did it restart?'],
  untrusted: [
    'no trusted CA has issued its certificate',
    'is it another one, or does something intercept the connection?',
  ],
  expired: ['its certificate has expired', "is this machine's clock right?"],
  'not-yet-valid': ['its certificate is not valid yet', "is this machine's clock right?"],
  'other-name': ['its certificate is for another name', 'is the address right?'],
  'no-tls': ['it does not speak TLS', 'is the port right?'],
} as const;

/** Identifies what is wrong with a connection. */
export type NetworkProblem = keyof typeof problems;

const byCode: Readonly<Record<string, NetworkProblem>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-name',
  EAI_AGAIN: 'no-dns',
  EHOSTUNREACH: 'no-route',
  EHOSTDOWN: 'no-route',
  ENETUNREACH: 'no-route',
  ENETDOWN: 'no-route',
  EADDRNOTAVAIL: 'no-route',
  ETIMEDOUT: 'silent',
  UND_ERR_CONNECT_TIMEOUT: 'silent',
  ECONNRESET: 'closed',
  ECONNECTION: 'closed',
  EPIPE: 'closed',
  UND_ERR_SOCKET: 'closed',
  UND_ERR_CLOSED: 'closed',
  UND_ERR_DESTROYED: 'closed',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'other-name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'no-tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_REJECTED: 'untrusted',
  INVALID_CA: 'untrusted',
  INVALID_PURPOSE: 'untrusted',
};

/** The code of an error of undici, TLS or the system. For an attempt at several addresses, that of the first failure. Empty: it has none. */
export function networkCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if (error instanceof AggregateError && error.errors.length > 0) return networkCode(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? networkCode(error.cause) : '';
}

/** Undefined: this code tells of nothing that often happens to connections. */
export function networkProblem(code: string): NetworkProblem | undefined {
  return Object.hasOwn(byCode, code) ? byCode[code] : undefined;
}

/** As a clause. */
export function networkWords(problem: NetworkProblem): string {
  return problems[problem][0];
}

/** As a clause with a question. */
export function networkAdvice(problem: NetworkProblem): string {
  return problems[problem].join('; ');
}
