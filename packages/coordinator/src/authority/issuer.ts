import type { KeyObject } from 'node:crypto';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Authority } from '@picket/shared/pki/authority.ts';
import { lifetimeWithin, type SignedCertificate, signCertificate } from '@picket/shared/pki/issue.ts';
import type { San } from '@picket/shared/pki/san.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import { hashOfSpki, spkiDer } from '@picket/shared/pki/spki.ts';
import type { CertificatePurpose, NewCertificate, Repositories } from '../inventory/inventory.ts';
import type { Failpoint } from '../model/failpoints.ts';
import { groupCommit } from './group-commit.ts';
import { lifetimeFrom } from './lifetimes.ts';
import type { Revocation } from './revocation-log.ts';

/** The content of a certificate, all of it from the caller and so from the spec (R7). */
export interface IssueRequest {
  readonly purpose: CertificatePurpose;
  /** For `server`, `peer` and `client` certificates, and for the identity of a node in lists; null for the others. */
  readonly cluster: { readonly id: string; readonly name: string } | null;
  /** Its holder; see `CertificateRecord`. */
  readonly principal: string;
  readonly commonName: string;
  readonly sans: readonly San[];
  /** From a CSR whose proof of possession was verified. */
  readonly publicKey: KeyObject;
  /** Its SubjectPublicKeyInfo in the bytes of the CSR, if there was one. */
  readonly spki?: Buffer;
  /** From now on; shortened to the authority's own end. */
  readonly lifetimeMs: number;
}

export interface Issued {
  readonly certificate: SignedCertificate;
  readonly record: NewCertificate;
}

interface IssuerDeps {
  readonly certificates: Repositories['certificates'];
  readonly now: () => number;
  readonly failpoint: Failpoint;
  /** Counts the certificates of a node. Throws `too_many_requests`. */
  readonly spend: (principal: string) => Promise<void>;
  /** Called with each certificate once it is stored, except those that are recorded within a transaction. */
  readonly issued: (record: NewCertificate) => void;
}

/**
 * Signs certificates. Each is recorded and fsynced before anybody gets it (R12), and none is signed by a clock that
 * went back (R14).
 *
 * @param recorded when the last certificate was issued; null if none was
 */
export function issuerOf(deps: IssuerDeps, recorded: number | null, revoked: readonly Revocation[]) {
  const keep = groupCommit(deps.certificates);
  const revokedKeys = new Map(revoked.map((revocation) => [revocation.spkiHash, revocation]));
  let lastIssuance = recorded ?? Number.NEGATIVE_INFINITY;

  /** Throws `clock_behind` while the clock is before the last issuance (R14). */
  function requireClock(): number {
    const now = deps.now();
    if (now >= lastIssuance) return now;
    throw failure('clock_behind', { now: isoTime(now), lastIssuance: isoTime(lastIssuance) });
  }

  /**
   * Every certificate is a row until it has ended, so a node gets a limited number a day (R18). Refused requests do not
   * count.
   */
  async function spend({ purpose, principal }: IssueRequest): Promise<void> {
    if (purpose !== 'operator' && purpose !== 'coordinator') await deps.spend(principal);
  }

  /** Throws `key_revoked`. */
  function requireKey({ publicKey, spki = spkiDer(publicKey) }: IssueRequest) {
    const keyHash = hashOfSpki(spki);
    const revocation = revokedKeys.get(keyHash);
    if (revocation === undefined) return { spki, keyHash };
    throw failure('key_revoked', { serial: revocation.serial, revokedAt: isoTime(revocation.revokedAt) });
  }

  function sign(issuer: Authority, request: IssueRequest): Issued {
    const now = requireClock();
    const { spki, keyHash: spkiHash } = requireKey(request);
    const { purpose, cluster, principal, commonName, publicKey, sans, lifetimeMs } = request;
    const certificate = signCertificate({
      issuer,
      subject: { commonName },
      publicKey,
      spki,
      sans,
      usage: purpose,
      serial: randomSerial(),
      ...lifetimeWithin(issuer.certificate, lifetimeFrom(now, lifetimeMs)),
    });
    lastIssuance = now;
    const { serial, notBefore, notAfter } = certificate;
    const record = {
      ...{ serial, purpose, cluster: cluster?.name ?? null, principal, commonName, spkiHash, issuedAt: now },
      ...{ notBefore: notBefore.getTime(), notAfter: notAfter.getTime() },
    };
    return { certificate, record };
  }

  async function signed(issuer: Authority, request: IssueRequest): Promise<Issued> {
    requireClock();
    requireKey(request);
    await spend(request);
    // Time has passed: what was true before is asked again.
    return sign(issuer, request);
  }

  return {
    requireClock,

    /**
     * Issues a certificate and records it. Throws `too_many_requests`, `clock_behind`, `key_revoked`,
     * `inventory_unusable`, and what pki's `signCertificate` throws; nobody has a certificate then.
     */
    async issue(issuer: Authority, request: IssueRequest): Promise<Issued> {
      const issued = await signed(issuer, request);
      await keep(issued.record);
      deps.failpoint('issue.after-record');
      deps.issued(issued.record);
      return issued;
    },

    /**
     * As `issue`, but recorded within a transaction: after the commit, the caller hands the certificate out and updates
     * the directory.
     */
    async issueWithin(
      issuer: Authority,
      certificates: Repositories['certificates'],
      request: IssueRequest,
    ): Promise<Issued> {
      const issued = await signed(issuer, request);
      await certificates.create(issued.record);
      return issued;
    },

    /**
     * Forgets the last issuance if it is after now: from now on certificates are issued by this clock. Returns that
     * issuance; null without a change if the clock is not behind.
     */
    acceptClock(now: number): number | null {
      const last = lastIssuance;
      if (now >= last) return null;
      lastIssuance = now;
      return last;
    },

    /** From now on no certificate is issued for this key: its holder would otherwise only ask again. */
    refuseKeyOf(revocation: Revocation): void {
      revokedKeys.set(revocation.spkiHash, revocation);
    },

    /** The revocations of these keys are forgotten. */
    forgetRevoked(spkiHashes: readonly string[]): void {
      for (const spkiHash of spkiHashes) revokedKeys.delete(spkiHash);
    },
  };
}
