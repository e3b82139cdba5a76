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
import { type IssueRequest, issuerOf } from './issuer.ts';
import { openRevocationLog, type Revocation, type RevocationLog } from './revocation-log.ts';

/** Called at once with each change of the certificates: the directory of identities. */
interface CertificateWitness {
  issued(record: NewCertificate): void;
  revoked(record: Revocation): void;
}

interface AuthoritiesDeps {
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
export type Authorities = Awaited<ReturnType<typeof openAuthorities>>;

/**
 * Opens the control authority and those of every cluster in the store. Brings store and revocation file to the same
 * state: a certificate that either one lists as revoked is revoked (R5). Throws what `loadControlAuthority` throws,
 * and `revocations_damaged`.
 */
export async function openAuthorities(deps: AuthoritiesDeps) {
  const { custody, inventory, witness, now, failpoint, quotas } = deps;
  const { certificates } = inventory;
  const acceptedClock = join(custody.directory, 'accepted-clock.json');
  const control = await loadControlAuthority(custody);
  const clusters = new Map<string, ClusterAuthorities>();
  for (const { id } of await inventory.clusters.all()) clusters.set(id, await loadClusterAuthorities(custody, id));
  const log = await openRevocationLog(join(custody.directory, 'revocations.log'));
  const issuer = await openIssuer().catch(async (error: unknown) => {
    await log.close();
    throw error;
  });

  async function openIssuer() {
    const revoked = await reconcile(inventory, log);
    for (const revocation of revoked) witness.revoked(revocation);
    const spend = async (principal: string) => quotas?.spend('certificates', principal);
    const issued = (record: NewCertificate) => witness.issued(record);
    const parts = { certificates, now, failpoint, spend, issued };
    return issuerOf(parts, await rememberedIssuance(certificates, acceptedClock), revoked);
  }

  /** Throws `authority_missing`. */
  function cluster(id: string): ClusterAuthorities {
    const found = clusters.get(id);
    if (found !== undefined) return found;
    const path = join(custody.directory, 'clusters');
    throw failure('authority_missing', { authority: `of cluster ${id}`, path });
  }

  function authorityFor({ purpose, cluster: of }: IssueRequest): Authority {
    switch (purpose) {
      case 'node':
      case 'operator':
      case 'coordinator':
        return control;
      case 'server':
      case 'client':
      case 'admin':
        return cluster(of?.id ?? '').client;
      case 'peer':
        return cluster(of?.id ?? '').peer;
    }
  }

  return {
    control,
    cluster,
    /** As {@link issuerOf} does; throws `authority_missing` as well. */
    issue: async (request: IssueRequest) => issuer.issue(authorityFor(request), request),
    issueWithin: async (certificates: Repositories['certificates'], request: IssueRequest) =>
      issuer.issueWithin(authorityFor(request), certificates, request),
    close: log.close,

    /**
     * Makes the authorities of a cluster before the cluster is in the store; folders of clusters that never got there do
     * no harm. Throws `authority_exists`, `clock_behind`.
     */
    async createCluster(options: { readonly id: string; readonly name: string; readonly keyType: KeyType }) {
      const { id, name, keyType } = options;
      const now = issuer.requireClock();
      clusters.set(id, await createClusterAuthorities(custody, { clusterId: id, name, keyType, now }));
    },

    /**
     * Accepts the clock although a certificate was issued later than its time, and issues by it from now on, also after a
     * restart (R14). Serials are random, so none repeats. For an operator who knows that the clock was wrong at that
     * issuance. null without a change if the clock is not behind.
     */
    async acceptClock(): Promise<AcceptedClock | null> {
      const accepted = now();
      const disregarded = issuer.acceptClock(accepted);
      if (disregarded === null) return null;
      await keepAcceptedClock(certificates, acceptedClock, accepted);
      const told = { now: isoTime(accepted), lastIssuance: isoTime(disregarded) };
      await inventory.transaction(async ({ events, audit }) => {
        await events.append({ at: accepted, cluster: null, ...happening('clock-accepted', told) });
        const { now: after, lastIssuance: before } = told;
        const change = { object: 'the clock', before: { issuesFrom: before }, after: { issuesFrom: after } };
        await audit.append(commandEntry(accepted, 'accept-clock', change));
      });
      return told;
    },

    /**
     * Revokes a certificate and its key, in the file and then in the store, both fsynced (R5, R12). A certificate that is
     * revoked already stays unchanged. Throws `not_found`.
     */
    async revoke(serial: string): Promise<Revocation> {
      const record = await certificates.find(serial);
      if (record === null) throw failure('not_found', { what: 'certificate', name: serial });
      if (isRevoked(record)) return record;
      const revocation = { ...record, revokedAt: now() };
      // First, so that nobody gets a certificate for this key while the revocation is written.
      issuer.refuseKeyOf(revocation);
      await log.append(revocation);
      await certificates.revoke(serial, revocation.revokedAt);
      witness.revoked(revocation);
      return revocation;
    },

    /**
     * Forgets revocations of certificates that ended before this moment, in the file and then in the store, fsynced: at
     * most `most`. Keeps that of a key that a node has, or that another certificate with a later end was issued for.
     * After a crash in between, the file gets it back from the store.
     *
     * @returns how many
     */
    async forgetRevocations(before: number, most: number): Promise<number> {
      const forgotten = await certificates.endedRevocations(before, most);
      if (forgotten.length === 0) return 0;
      const serials = forgotten.map(({ serial }) => serial);
      await log.remove(new Set(serials));
      await certificates.remove(serials);
      const kept = new Set((await certificates.revoked()).map(({ spkiHash }) => spkiHash));
      issuer.forgetRevoked(forgotten.flatMap(({ spkiHash }) => (kept.has(spkiHash) ? [] : [spkiHash])));
      return forgotten.length;
    },
  };
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

function isRevoked(record: CertificateRecord): record is Revocation {
  return record.revokedAt !== null;
}
