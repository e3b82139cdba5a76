import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Authority } from '@picket/shared/pki/authority.ts';
import type { KeyType } from '@picket/shared/pki/keys.ts';
import { commandEntry } from '../audit/entries.ts';
import type { CertificateRecord, Inventory, NewCertificate, Repositories } from '../inventory/inventory.ts';
import type { Failpoint } from '../model/failpoints.ts';
import type { Quotas } from '../quotas/quotas.ts';
import { keepAcceptedClock, rememberedIssuance } from './accepted-clock.ts';
import {
  type ClusterAuthorities,
  type Custody,
  createClusterAuthorities,
  loadClusterAuthorities,
  loadControlAuthority,
} from './custody.ts';
import { type Issued, type IssueRequest, Issuer } from './issuer.ts';
import { openRevocationLog, type Revocation, type RevocationLog } from './revocation-log.ts';

/** Called at once with each change of the certificates: the directory of identities. */
export interface CertificateWitness {
  issued(record: NewCertificate): void;
  revoked(record: Revocation): void;
}

export interface AuthoritiesDeps {
  readonly custody: Custody;
  readonly inventory: Inventory;
  readonly witness: CertificateWitness;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly failpoint: Failpoint;
  /** Limits how many certificates a node gets; omitted if no node can ask for one. */
  readonly quotas?: Pick<Quotas, 'spend'>;
}

/** The clock's time when it was accepted, and the later issuance; for the log. */
export interface AcceptedClock {
  readonly now: string;
  readonly lastIssuance: string;
}

/** The authorities, opened once and kept in memory. All issuing and revoking goes through this object. */
export class Authorities {
  readonly control: Authority;
  readonly #deps: AuthoritiesDeps;
  readonly #clusters: Map<string, ClusterAuthorities>;
  readonly #issuer: Issuer;
  readonly #log: RevocationLog;

  private constructor(
    deps: AuthoritiesDeps,
    opened: {
      readonly control: Authority;
      readonly clusters: Map<string, ClusterAuthorities>;
      readonly log: RevocationLog;
      readonly lastIssuance: number | null;
      readonly revoked: readonly Revocation[];
    },
  ) {
    this.#deps = deps;
    this.control = opened.control;
    this.#clusters = opened.clusters;
    this.#log = opened.log;
    this.#issuer = new Issuer(
      {
        certificates: deps.inventory.certificates,
        now: deps.now,
        failpoint: deps.failpoint,
        spend: async (principal) => deps.quotas?.spend('certificates', principal),
        authorityFor: (request) => this.#authorityFor(request),
        issued: (record) => deps.witness.issued(record),
      },
      opened.lastIssuance,
      opened.revoked,
    );
  }

  /**
   * Opens the control authority and those of every cluster in the store. Brings store and revocation file to the same
   * state: a certificate that either one lists as revoked is revoked (R5). Throws what `loadControlAuthority` throws,
   * and `revocations_damaged`.
   */
  static async open(deps: AuthoritiesDeps): Promise<Authorities> {
    const { custody, inventory } = deps;
    const control = await loadControlAuthority(custody);
    const clusters = new Map<string, ClusterAuthorities>();
    for (const { id } of await inventory.clusters.all()) clusters.set(id, await loadClusterAuthorities(custody, id));
    const log = await openRevocationLog(join(custody.directory, 'revocations.log'));
    try {
      const revoked = await reconcile(inventory, log);
      for (const revocation of revoked) deps.witness.revoked(revocation);
      const lastIssuance = await rememberedIssuance(inventory.certificates, acceptedClockOf(custody));
      return new Authorities(deps, { control, clusters, log, lastIssuance, revoked });
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /**
   * Makes the authorities of a cluster before the cluster is in the store; folders of clusters that never got there do
   * no harm. Throws `authority_exists`, `clock_behind`.
   */
  async createCluster(options: {
    readonly id: string;
    readonly name: string;
    readonly keyType: KeyType;
  }): Promise<ClusterAuthorities> {
    const now = this.#issuer.requireClock();
    const { id, name, keyType } = options;
    const made = await createClusterAuthorities(this.#deps.custody, { clusterId: id, name, keyType, now });
    this.#clusters.set(id, made);
    return made;
  }

  /** Throws `authority_missing`. */
  cluster(id: string): ClusterAuthorities {
    const found = this.#clusters.get(id);
    if (found !== undefined) return found;
    const path = join(this.#deps.custody.directory, 'clusters');
    throw failure('authority_missing', { authority: `of cluster ${id}`, path });
  }

  /**
   * Accepts the clock although a certificate was issued later than its time, and issues by it from now on, also after a
   * restart (R14). Serials are random, so none repeats. For an operator who knows that the clock was wrong at that
   * issuance. null without a change if the clock is not behind.
   */
  async acceptClock(): Promise<AcceptedClock | null> {
    const { custody, inventory, now } = this.#deps;
    const accepted = now();
    const disregarded = this.#issuer.acceptClock(accepted);
    if (disregarded === null) return null;
    await keepAcceptedClock(inventory.certificates, acceptedClockOf(custody), accepted);
    const told = { now: isoTime(accepted), lastIssuance: isoTime(disregarded) };
    await inventory.transaction(async ({ events, audit }) => {
      await events.append({ at: accepted, cluster: null, ...happening('clock-accepted', told) });
      const { now: after, lastIssuance: before } = told;
      const change = { object: 'the clock', before: { issuesFrom: before }, after: { issuesFrom: after } };
      await audit.append(commandEntry(accepted, 'accept-clock', change));
    });
    return told;
  }

  /** See {@link Issuer.issue}. */
  issue(request: IssueRequest): Promise<Issued> {
    return this.#issuer.issue(request);
  }

  /** See {@link Issuer.issueWithin}; the caller updates the directory after the commit. */
  issueWithin(certificates: Repositories['certificates'], request: IssueRequest): Promise<Issued> {
    return this.#issuer.issueWithin(certificates, request);
  }

  /**
   * Revokes a certificate and its key, in the file and then in the store, both fsynced (R5, R12). A certificate that is
   * revoked already stays unchanged. Throws `not_found`.
   */
  async revoke(serial: string): Promise<Revocation> {
    const record = await this.#deps.inventory.certificates.find(serial);
    if (record === null) throw failure('not_found', { what: 'certificate', name: serial });
    if (isRevoked(record)) return record;
    const revocation = { ...record, revokedAt: this.#deps.now() };
    // First, so that nobody gets a certificate for this key while the revocation is written.
    this.#issuer.refuseKeyOf(revocation);
    await this.#log.append(revocation);
    await this.#deps.inventory.certificates.revoke(serial, revocation.revokedAt);
    this.#deps.witness.revoked(revocation);
    return revocation;
  }

  /**
   * Forgets revocations of certificates that ended before this moment, in the file and then in the store, fsynced: at
   * most `most`. Keeps that of a key that a node has, or that another certificate with a later end was issued for.
   * After a crash in between, the file gets it back from the store.
   *
   * @returns how many
   */
  async forgetRevocations(before: number, most: number): Promise<number> {
    const { certificates } = this.#deps.inventory;
    const forgotten = await certificates.endedRevocations(before, most);
    if (forgotten.length === 0) return 0;
    const serials = forgotten.map(({ serial }) => serial);
    await this.#log.remove(new Set(serials));
    await certificates.remove(serials);
    const kept = new Set((await certificates.revoked()).map(({ spkiHash }) => spkiHash));
    this.#issuer.forgetRevoked(forgotten.flatMap(({ spkiHash }) => (kept.has(spkiHash) ? [] : [spkiHash])));
    return forgotten.length;
  }

  async close(): Promise<void> {
    await this.#log.close();
  }

  #authorityFor({ purpose, cluster }: IssueRequest): Authority {
    switch (purpose) {
      case 'node':
      case 'operator':
      case 'coordinator':
        return this.control;
      case 'server':
      case 'client':
      case 'admin':
        return this.cluster(cluster?.id ?? '').client;
      case 'peer':
        return this.cluster(cluster?.id ?? '').peer;
    }
  }
}

/** @returns all that are revoked, as the store now has them */
async function reconcile(inventory: Inventory, log: RevocationLog): Promise<Revocation[]> {
  const logged = new Set(log.found.map((revocation) => revocation.serial));
  await inventory.transaction(async ({ certificates }) => {
    for (const { revokedAt, ...record } of log.found) {
      if ((await certificates.find(record.serial)) === null) await certificates.create(record);
      await certificates.revoke(record.serial, revokedAt);
    }
  });
  const revoked = (await inventory.certificates.revoked()).filter(isRevoked);
  for (const revocation of revoked) {
    if (!logged.has(revocation.serial)) await log.append(revocation);
  }
  return revoked;
}

function acceptedClockOf(custody: Custody): string {
  return join(custody.directory, 'accepted-clock.json');
}

function isRevoked(record: CertificateRecord): record is Revocation {
  return record.revokedAt !== null;
}
