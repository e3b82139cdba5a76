import { readContextUrl, writeContext } from '@picket/shared/context/context.ts';
import { failure } from '@picket/shared/errors.ts';
import { authorityWithPin, readBundle } from '@picket/shared/pki/bundle.ts';
import { parseCertificate } from '@picket/shared/pki/certificate.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import { parseJoinString } from '@picket/shared/protocol/join-string.ts';
import type { LoginAnswer } from '@picket/shared/protocol/operators.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { type Api, apiOf } from './api.ts';
import type { CoordinatorClient, Endpoint } from './coordinator-client.ts';

export interface LoggedIn {
  readonly server: string;
  readonly operator: string;
  readonly role: Role;
  /** The end of the certificate. */
  readonly until: string;
  /** The text of a context file; it holds the key, which exists nowhere else. */
  readonly context: string;
}

/**
 * Gets a certificate for a new key with a login string. It fetches the trust bundle and keeps only the authority that the
 * string pins. The secret is sent only on a connection that trusts only this authority. The key stays here (R7).
 * Throws `join_string_invalid`, `coordinator_url_invalid` (nothing was sent), `pin_mismatch` (no secret was sent), a Refusal
 * of the coordinator, and what a client throws.
 */
export async function logInWith(
  given: { readonly url: string; readonly loginString: string },
  connect: (endpoint: Endpoint) => CoordinatorClient,
): Promise<LoggedIn> {
  const { tokenId, secret, pin } = parseJoinString(given.loginString);
  const server = readContextUrl(given.url);
  const ask = async <T>(authority: string | null, question: (api: Api) => Promise<T>): Promise<T> => {
    const client = connect({ server, certificateAuthority: authority, credential: null });
    try {
      return await question(apiOf(client));
    } finally {
      await client.close();
    }
  };
  const bundle = await ask(null, (api) => api.trustBundle());
  const authority = authorityWithPin(
    readable(server, () => readBundle(bundle.controlCertificates)),
    pin,
  );
  if (authority === undefined) throw failure('pin_mismatch', { url: server });
  const key = await generateKey('p256');
  const csr = createCsr({ key, commonName: 'an operator' });
  const answer = await ask(authority.pem, (api) => api.logIn({ body: { tokenId, secret, csr } }));
  return readable(server, () => {
    const certificate = parseCertificate(answer.certificate);
    verifyIssued(certificate, [authority], { purpose: 'clientAuth' });
    const credential = writeCredential({ certificate, chain: [], key });
    const { operator, role, controlCertificates }: LoginAnswer = answer;
    const context = writeContext({ server, operator, certificateAuthority: controlCertificates, credential });
    return { server, operator, role, until: certificate.notAfter.toISOString(), context };
  });
}

/** Throws `coordinator_answer_invalid` for what cannot be read. */
function readable<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const problem = `its answer cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw failure('coordinator_answer_invalid', { url, problem }, { cause });
  }
}
