import type { KeyObject } from 'node:crypto';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import type { Credential } from '@picket/shared/pki/credential.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import { nodeUri } from './identity-store.ts';

interface IdentityAnswer {
  readonly url: string;
  readonly key: KeyObject;
  /** The trusted control authorities. */
  readonly authorities: readonly Certificate[];
  readonly nodeId: string;
  /** What the coordinator issued: the certificate, then the chain to the authority. */
  readonly certificate: string;
}

/**
 * Checks the certificate in an answer before it replaces anything: it must be for this node's own key and id, from a
 * trusted authority. It does not check dates: the clock of a new board may be wrong (R14). Throws
 * `coordinator_answer_invalid`.
 */
export function credentialFromAnswer({ url, key, authorities, nodeId, certificate }: IdentityAnswer): Credential {
  const refuse = (problem: string, cause?: unknown) =>
    failure('coordinator_answer_invalid', { url, problem }, { cause });
  try {
    const [leaf, ...chain] = readBundle(certificate);
    if (leaf === undefined || leaf.spkiHash !== spkiHash(key))
      throw refuse("it issued a certificate for another key than this node's");
    verifyIssued(leaf, authorities, { intermediates: chain, purpose: 'clientAuth' });
    if (!leaf.sans.some(({ type, value }) => type === 'uri' && value === nodeUri(nodeId))) {
      throw refuse(`it issued a certificate that is not for node ${nodeId}`);
    }
    return { certificate: leaf, chain, key };
  } catch (error) {
    if (!(error instanceof PicketError) || error.code === 'coordinator_answer_invalid') throw error;
    throw refuse(`it issued a certificate that cannot be used: ${error.message}`, error);
  }
}
