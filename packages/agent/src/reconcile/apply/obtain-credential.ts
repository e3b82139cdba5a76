import type { KeyObject } from 'node:crypto';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { readBundle } from '@picket/shared/pki/bundle.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import { checkDates, verifyIssued } from '@picket/shared/pki/verify.ts';
import type { WantedCertificate } from '@picket/shared/protocol/certificates.ts';
import { type DesiredState, isMemberState } from '@picket/shared/protocol/desired-state.ts';
import { usagesOf } from '../../credentials/credential-state.ts';
import { dropFormer, keepFormer } from '../../credentials/former-credential.ts';
import { credentialOwner, credentialPath } from '../../model/managed-files.ts';
import type { StepOf } from '../../model/model.ts';
import { sanTexts } from '../../model/san-texts.ts';
import type { ExecutionContext } from './execution.ts';

/**
 * Makes a new key, which never leaves this node (R7), and gets a certificate for it. Only after it has checked the
 * answer does it replace the old files, in one rename (R9). It keeps the former credential for as long as it may be
 * needed; see `proveRenewal`.
 */
export async function obtainCredential(
  { purpose, keepsFormer }: StepOf<'obtain-credential'>,
  context: ExecutionContext,
): Promise<void> {
  const { accepted, host, paths, coordinator, failpoint } = context;
  const wanted = accepted.document.certificates.find((candidate) => candidate.purpose === purpose);
  if (wanted === undefined) throw failure('purpose_not_wanted', { purpose });
  const key = await generateKey(wanted.keyType);
  const answer = await coordinator.certificate({ purpose, csr: createCsr({ key, commonName: wanted.commonName }) });
  failpoint('credential.after-answer');
  const [certificate, ...chain] = checkedAnswer(answer.certificate, wanted, key, accepted.document, host.clock.now());
  const content = writeCredential({ certificate, chain, key });
  const path = credentialPath(paths, purpose);
  const former = keepsFormer ? await host.files.read(path) : null;
  if (former !== null) {
    await keepFormer(host.files, paths, purpose, former);
    failpoint('renew.after-former');
  }
  await host.files.ensureFolder(paths.etcDir, 0o755, null);
  await host.files.writeWhole({ path, content, mode: 0o600, owner: credentialOwner(context.etcdOwner, purpose) });
  failpoint('credential.after-write');
  if (former === null) await dropFormer(host.files, paths, purpose);
}

/** Finds every fault that would make etcd's handshakes fail with this certificate, before it is in force. */
export function checkedAnswer(
  pem: string,
  wanted: Pick<WantedCertificate, 'purpose' | 'commonName'> & { readonly sans: readonly San[] },
  key: KeyObject,
  document: DesiredState,
  now: number,
): [Certificate, ...Certificate[]] {
  const { purpose } = wanted;
  const wrong = (problem: string) => failure('certificate_answer_wrong', { purpose, problem });
  try {
    const [certificate, ...chain] = readBundle(pem);
    if (certificate === undefined) throw wrong('it is empty');
    if (certificate.spkiHash !== spkiHash(key)) throw wrong('it is for another key');
    if (certificate.commonName !== wanted.commonName) {
      throw wrong(`its common name is ${certificate.commonName ?? 'missing'} instead of ${wanted.commonName}`);
    }
    const names = sanTexts(certificate.sans).join(', ');
    if (names !== sanTexts(wanted.sans).join(', ')) throw wrong(`its names are ${names || 'none'}`);
    const peers = purpose === 'peer' && isMemberState(document);
    const authorities = readBundle(peers ? document.trust.peer : document.trust.client);
    for (const usage of usagesOf[purpose])
      verifyIssued(certificate, authorities, { purpose: usage, intermediates: chain });
    checkDates(certificate, new Date(now));
    return [certificate, ...chain];
  } catch (error) {
    if (error instanceof PicketError && error.code !== 'certificate_answer_wrong') throw wrong(error.message);
    throw error;
  }
}
