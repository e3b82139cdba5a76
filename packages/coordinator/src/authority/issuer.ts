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
import { GroupCommit } from './group-commit.ts';
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

export interface IssuerDeps {
  readonly certificates: Repositories['certificates'];
  readonly now: () => number;
  readonly failpoint: Failpoint;
  /** Counts the certificates of a node. Throws `too_many_requests`. */
  readonly spend: (principal: string) => Promise<void>;
  readonly authorityFor: (request: IssueRequest) => Authority;
  /** Called with each certificate once it is stored, except those from {@link Issuer.issueWithin}. */
  readonly issued: (record: NewCertificate) => void;
}

/**
 * Signs certificates. Each is recorded and fsynced before anybody gets it (R12), and none is signed by a clock that
 * went back (R14).
 */
export class Issuer {
  readonly #deps: IssuerDeps;
  readonly #records: GroupCommit;
  readonly #revokedKeys: Map<string, Revocation>;
  #lastIssuance: number;

  constructor(deps: IssuerDeps, lastIssuance: number | null, revoked: readonly Revocation[]) {
    this.#deps = deps;
    this.#records = new GroupCommit(deps.certificates);
    this.#lastIssuance = lastIssuance ?? Number.NEGATIVE_INFINITY;
    this.#revokedKeys = new Map(revoked.map((revocation) => [revocation.spkiHash, revocation]));
  }

  /**
   * Issues a certificate and records it. Throws `too_many_requests`, `clock_behind`, `key_revoked`,
   * `authority_missing`, `inventory_unusable`, and what pki's `signCertificate` throws; nobody has a certificate then.
   */
  async issue(request: IssueRequest): Promise<Issued> {
    this.requireClock();
    this.#requireKey(request);
    await this.#spend(request);
    const issued = this.#sign(request);
    await this.#records.keep(issued.record);
    this.#deps.failpoint('issue.after-record');
    this.#deps.issued(issued.record);
    return issued;
  }

  /**
   * As {@link issue}, but recorded within a transaction: the caller hands the certificate out only after the commit.
   */
  async issueWithin(certificates: Repositories['certificates'], request: IssueRequest): Promise<Issued> {
    this.requireClock();
    this.#requireKey(request);
    await this.#spend(request);
    const issued = this.#sign(request);
    await certificates.create(issued.record);
    return issued;
  }

  /** Throws `clock_behind` while the clock is before the last issuance (R14). */
  requireClock(): number {
    const now = this.#deps.now();
    if (now < this.#lastIssuance) {
      throw failure('clock_behind', {
        now: isoTime(now),
        lastIssuance: isoTime(this.#lastIssuance),
      });
    }
    return now;
  }

  /**
   * Forgets the last issuance if it is after now: from now on certificates are issued by this clock. Returns that
   * issuance; null without a change if the clock is not behind.
   */
  acceptClock(now: number): number | null {
    const last = this.#lastIssuance;
    if (now >= last) return null;
    this.#lastIssuance = now;
    return last;
  }

  /** From now on no certificate is issued for this key: its holder would otherwise only ask again. */
  refuseKeyOf(revocation: Revocation): void {
    this.#revokedKeys.set(revocation.spkiHash, revocation);
  }

  /** The revocations of these keys are forgotten. */
  forgetRevoked(spkiHashes: readonly string[]): void {
    for (const spkiHash of spkiHashes) this.#revokedKeys.delete(spkiHash);
  }

  /**
   * Every certificate is a row until it has ended, so a node gets a limited number a day (R18). Refused requests do not
   * count.
   */
  async #spend({ purpose, principal }: IssueRequest): Promise<void> {
    if (purpose !== 'operator' && purpose !== 'coordinator') await this.#deps.spend(principal);
  }

  /** Throws `key_revoked`. */
  #requireKey({ publicKey, spki = spkiDer(publicKey) }: IssueRequest): {
    readonly spki: Buffer;
    readonly keyHash: string;
  } {
    const keyHash = hashOfSpki(spki);
    const revocation = this.#revokedKeys.get(keyHash);
    if (revocation === undefined) return { spki, keyHash };
    throw failure('key_revoked', {
      serial: revocation.serial,
      revokedAt: isoTime(revocation.revokedAt),
    });
  }

  #sign(request: IssueRequest): Issued {
    const now = this.requireClock();
    const { spki, keyHash } = this.#requireKey(request);
    const issuer = this.#deps.authorityFor(request);
    const certificate = signCertificate({
      issuer,
      subject: { commonName: request.commonName },
      publicKey: request.publicKey,
      spki,
      sans: request.sans,
      usage: request.purpose,
      serial: randomSerial(),
      ...lifetimeWithin(issuer.certificate, lifetimeFrom(now, request.lifetimeMs)),
    });
    this.#lastIssuance = now;
    return {
      certificate,
      record: {
        serial: certificate.serial,
        purpose: request.purpose,
        cluster: request.cluster?.name ?? null,
        principal: request.principal,
        commonName: request.commonName,
        spkiHash: keyHash,
        notBefore: certificate.notBefore.getTime(),
        notAfter: certificate.notAfter.getTime(),
        issuedAt: now,
      },
    };
  }
}
