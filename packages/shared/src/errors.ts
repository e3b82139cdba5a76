/**
 * The one table of errors. Each code has an HTTP status, a message that says what is wrong and a hint that
 * says what to do. `{name}` in either is filled from the details, which are sent along with the code.
 *
 * Details are printed, logged and sent to operators: no secret may be among them (R11).
 */
export const errorTable = {
  // Requests in general
  invalid_request: {
    status: 400,
    message: 'The request is not valid: {problem}.',
    hint: 'Correct the named field; unknown fields are refused. /openapi.json lists what each route takes.',
  },
  not_found: {
    status: 404,
    message: 'There is no {what} named {name}.',
    hint: 'Check the spelling; a GET on the collection lists what there is.',
  },
  payload_too_large: {
    status: 413,
    message: 'The request body is larger than {limitBytes} bytes.',
    hint: 'Send a smaller body.',
  },
  internal: {
    status: 500,
    message: 'The coordinator failed unexpectedly (reference {reference}).',
    hint: 'The coordinator log has the cause under this reference. Nothing was half done; try again.',
  },

  // Who is asking
  certificate_required: {
    status: 401,
    message: 'This route needs a client certificate issued by this coordinator, and none was accepted: {reason}.',
    hint: 'Nodes get one by joining; operators use the context file that picket-coordinator init wrote.',
  },
  not_permitted: {
    status: 403,
    message: 'The principal {principal} may not do this; it needs {needs}.',
    hint: 'Use an operator context with that role, or ask an admin to change the role.',
  },
  // Joining
  join_string_invalid: {
    status: 400,
    message: 'The join string cannot be read: {problem}.',
    hint: 'Paste the whole string that `picket token create` printed: pkt1.ID.SECRET.PIN, in one line.',
  },
  pin_mismatch: {
    status: 502,
    message: 'The coordinator at {url} does not hold the certificate authority that the join string names.',
    hint: 'Nothing secret was sent. Check the address; the string may be from another coordinator, or someone sits in between.',
  },
  token_unknown: {
    status: 401,
    message: 'The join token {tokenId} is not known here or its secret is wrong.',
    hint: 'Paste the whole join string again, or make a new one with `picket token create`.',
  },
  token_expired: {
    status: 401,
    message: 'The join token {tokenId} expired at {expiredAt}.',
    hint: 'Make a new one with `picket token create`; --ttl makes it last longer.',
  },
  token_used_up: {
    status: 401,
    message: 'The join token {tokenId} has been used as often as it allows ({uses}).',
    hint: 'Make a new one with `picket token create`; --uses allows more than one node.',
  },
  token_bound_elsewhere: {
    status: 403,
    message: 'The join token {tokenId} is bound to the member {boundTo}, and this node is {name}.',
    hint: 'Use it on {boundTo}, or pass --name if the host name is not the member name.',
  },
  member_not_declared: {
    status: 404,
    message: 'The cluster {cluster} has no member {name}; it has {declared}.',
    hint: 'Pass --name with the name that hosts.csv gives this machine, or correct its host name.',
  },
  member_taken: {
    status: 409,
    message: 'The member {name} of {cluster} is already held by node {nodeId}, which joined at {joinedAt}.',
    hint: 'On that node run picket-agent join again, its key is known; a new board cannot take the place of a member yet.',
  },
  address_not_on_node: {
    status: 409,
    message: 'The member {name} has the address {address}, which is on none of this node’s interfaces ({addresses}).',
    hint: 'Set the address on an interface, or correct hosts.csv. A VIP does not count.',
  },
  clock_behind: {
    status: 503,
    message: 'The coordinator’s clock says {now}, which is before its last issuance at {lastIssuance}.',
    hint: 'Set the coordinator’s clock; no certificate is issued until it is past that moment.',
  },

  // Node protocol
  report_basis_unknown: {
    status: 409,
    message: 'The coordinator does not hold the status this report builds on.',
    hint: 'Send the whole status.',
  },
  purpose_not_wanted: {
    status: 404,
    message: 'This node should hold no {purpose} certificate now.',
    hint: 'Fetch the desired state again.',
  },

  // Clusters
  cluster_exists: {
    status: 409,
    message: 'There is already a cluster named {name}.',
    hint: 'Choose another name; `picket status {name}` shows what is there.',
  },
  revision_conflict: {
    status: 412,
    message: 'The cluster {name} is at revision {actual}, and your change was made against revision {expected}.',
    hint: 'Read it again, look at what the other change did, and repeat yours.',
  },
  reset_refused: {
    status: 409,
    message: 'The formation of {name} cannot be reset: {reason}.',
    hint: 'A reset abandons what the founder holds; it is for formations whose founder is the only voter.',
  },

  // PKI
  pem_malformed: {
    status: 400,
    message: 'The PEM text of {what} is not valid: {problem}.',
    hint: 'It must hold whole blocks from -----BEGIN …----- to -----END …-----, and nothing around them.',
  },
  csr_malformed: {
    status: 400,
    message: 'The certificate signing request cannot be read: {problem}.',
    hint: 'Make a new one (PKCS#10, PEM); the agent and `openssl req -new` both do.',
  },
  csr_key_unsupported: {
    status: 400,
    message: 'The certificate signing request is for {problem}, which gets no certificate here.',
    hint: 'Use a P-256 key by name, or RSA of 2048 to 4096 bits with exponent 65537.',
  },
  csr_signature_invalid: {
    status: 400,
    message: 'The certificate signing request does not prove possession of its key: {problem}.',
    hint: 'Sign it with the key it holds, by SHA-256; if it was sent through something that changes files, send it again.',
  },
  csr_asks_for_ca: {
    status: 400,
    message: 'The certificate signing request asks to be a certificate authority.',
    hint: 'Make it without extensions: what a certificate may do comes from the spec alone.',
  },
  csr_asks_for_names: {
    status: 400,
    message: 'The certificate signing request asks for names: {names}.',
    hint: 'Make it without subjectAltName: names come from the spec alone. To get a name, have an operator put it there.',
  },
  csr_asks_for_more: {
    status: 400,
    message: 'The certificate signing request asks for more than a certificate: {asked}.',
    hint: 'Make it without attributes and extensions: what stands in a certificate comes from the spec alone.',
  },
  certificate_malformed: {
    status: 400,
    message: 'The certificate cannot be read: {problem}.',
    hint: 'Check that the file is the one meant and was copied whole (`openssl x509 -in FILE -text`).',
  },
  certificate_untrusted: {
    status: 401,
    message: 'The certificate {certificate} is not trusted: {problem}.',
    hint: 'Compare its issuer with the authorities trusted here; one made again under the same name is another authority.',
  },
  certificate_not_yet_valid: {
    status: 401,
    message: 'The certificate {certificate} is valid only from {notBefore}; it is {now} here.',
    hint: 'Check the clocks of this machine and of the one that issued it.',
  },
  certificate_expired: {
    status: 401,
    message: 'The certificate {certificate} ended at {notAfter}; it is {now} here.',
    hint: 'Check the clock of this machine; if it is right, the certificate must be renewed.',
  },
  name_invalid: {
    status: 400,
    message: 'The {kind} "{name}" cannot stand in a certificate: {problem}.',
    hint: 'Correct it where it comes from: the spec, or the command.',
  },
  lifetime_refused: {
    status: 400,
    message: 'A certificate from {notBefore} to {notAfter} cannot be issued: {problem}.',
    hint: 'Ask for a shorter lifetime, or replace the authority first if it is near its end.',
  },
  authority_unusable: {
    status: 400,
    message: 'The authority {authority} cannot issue certificates: {problem}.',
    hint: 'Give the certificate of an authority together with its own private key.',
  },
  key_malformed: {
    status: 400,
    message: 'The private key cannot be read: {problem}.',
    hint: 'Give the one PEM block of the private key (PKCS#8; SEC 1 and PKCS#1 are read too), whole.',
  },
  key_passphrase_wrong: {
    status: 400,
    message: 'The private key cannot be decrypted: the passphrase is wrong, or the key file is damaged.',
    hint: 'Check that the passphrase file is the one that belongs to this key.',
  },
  key_unsupported: {
    status: 400,
    message: 'No certificate can be made for or by {problem}.',
    hint: 'Use a P-256 key by name, or RSA of 2048 to 4096 bits with exponent 65537.',
  },
  credential_mismatch: {
    status: 400,
    message: 'The private key is not the one that the certificate {certificate} is for.',
    hint: 'Put the certificate together with the key its request was made with; TLS fails every handshake otherwise.',
  },
  bundle_holds_key: {
    status: 400,
    message: 'The certificate bundle holds a private key.',
    hint: 'Take it out: bundles are published. If this one was, replace that key.',
  },

  // etcd configuration
  etcd_config_invalid: {
    status: 422,
    message: 'The etcd configuration is not valid: {problems}.',
    hint: 'Correct each point in the cluster\'s spec. Nothing was written: the member keeps the conf.yml it has.',
  },
  etcd_config_unreadable: {
    status: 422,
    message: 'This conf.yml cannot be read: {problems}.',
    hint: 'Picket writes this file: put back the one that it wrote, and change the cluster\'s spec instead.',
  },

  // hosts.csv
  hosts_file_unreadable: {
    status: 422,
    message: 'The host list cannot be read: {problem}.',
    hint: 'A host list is a small UTF-8 text file with an address and a name on each line, as in 192.168.7.11,x-k3s-m-1.',
  },
  hosts_file_invalid: {
    status: 422,
    message: 'The host list is not valid: {problems}.',
    hint: 'Correct each line; it holds an address and a name, as in 192.168.7.11,x-k3s-m-1. Nothing was changed.',
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  readonly status: number;
  readonly message: string;
  readonly hint: string;
}

export type ErrorCode = keyof typeof errorTable;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The facts that a code's message and hint need, by name. */
export type ErrorDetails<Code extends ErrorCode> = {
  readonly [Name in Placeholders<
    (typeof errorTable)[Code]['message'] | (typeof errorTable)[Code]['hint']
  >]: string | number;
};

/** What an error looks like on the wire and in `--output json`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;
}

/** An error that a user can act on: a code of {@link errorTable} with its facts. */
export class PicketError extends Error {
  override readonly name = 'PicketError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, string | number>>, options?: ErrorOptions) {
    const entry: ErrorEntry = errorTable[code];
    super(fill(entry.message, details), options);
    this.code = code;
    this.status = entry.status;
    this.hint = fill(entry.hint, details);
    this.details = details;
  }

  toWire(): WireError {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }
}

/**
 * Makes (does not throw) the error of this code, so that callers write `throw failure(…)` and the compiler
 * sees the end of the path. The details are checked against the placeholders of the code's texts.
 */
export function failure<Code extends ErrorCode>(
  code: Code,
  details: ErrorDetails<Code>,
  options?: ErrorOptions,
): PicketError {
  return new PicketError(code, details as Readonly<Record<string, string | number>>, options);
}

function fill(text: string, details: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}
