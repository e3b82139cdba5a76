import { isoTime } from '@picket/shared/iso-time.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Revocation } from '../authority/revocation-log.ts';
import type { CertificateRecord, Inventory, NewCertificate, NodeRecord, NodeRole } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { readUri } from './uris.ts';

/** The holder of a client certificate, as far as the store confirms it. */
export type Principal =
  | {
      readonly kind: 'node';
      readonly uri: string;
      readonly nodeId: string;
      readonly cluster: string;
      readonly nodeRole: NodeRole;
      readonly serial: string;
    }
  | {
      readonly kind: 'operator';
      readonly uri: string;
      readonly name: string;
      readonly role: Role;
      readonly serial: string;
    };

/** A principal, or why the certificate proves none. */
export type Resolution =
  | {
      readonly principal: Principal;
      /** Its key is not in force yet, and is from now on (R15). */
      readonly firstUse?: true;
      readonly refused?: undefined;
    }
  | {
      readonly principal?: undefined;
      readonly refused: Reason;
      /** A newer key of this node is in force (R15). */
      readonly superseded?: { readonly nodeId: string; readonly generation: number };
      /** Its node was evicted. */
      readonly evicted?: { readonly nodeId: string; readonly evictedAt: string };
      /** The store knows no such certificate. */
      readonly notKnown?: true;
    };

/** What is known of a node's identity. */
export interface NodeIdentity {
  /** When the certificate of the key in force ends; null for one that ended long ago. */
  readonly endsAt: Instant | null;
  /** That certificate. */
  readonly certificate: Pick<NewCertificate, 'serial' | 'notBefore' | 'notAfter'> | null;
  readonly frozen: NodeRecord['frozen'];
}

/** The standing of a key for its node. */
export type KeyStanding =
  | { readonly kind: 'in-force' | 'unknown' }
  | { readonly kind: 'pending' | 'superseded'; readonly generation: number };
/** A certificate that admits an operator, or did until its end. */
interface OperatorCertificate {
  readonly name: string;
  readonly serial: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** True if none of this operator's certificates lasts longer. */
  readonly latest: boolean;
}

/** The content of a certificate whose chain TLS has verified. */
export type CertificateFacts = Pick<Certificate, 'serial' | 'sans' | 'spkiHash' | 'notBefore' | 'notAfter'>;

// For this long after its end a certificate is called expired; afterwards it counts as unknown.
const rememberedMs = 90 * 24 * 60 * 60 * 1000;

/** A copy that continues is noticed again afterwards. */
const supersessionMs = 60_000;

/** All identities, in memory. */
export type IdentityDirectory = Awaited<ReturnType<typeof openIdentityDirectory>>;

/**
 * Reads all identities that may still be presented to this coordinator, so that every request can be judged without the
 * database (R8). A change is written to the store first and to this object at once.
 */
export async function openIdentityDirectory(inventory: Inventory, openedAt: Instant) {
  const certificates = new Map<string, CertificateRecord>();
  /** Those among them whose purpose is an operator's: each look at a cluster asks for these, and nodes have far more. */
  const operatorSerials = new Set<string>();
  const nodes = new Map((await inventory.nodes.all()).map((node) => [node.id, node]));
  /** The identity keys that are not in force. */
  const otherKeys = new Map((await inventory.identityKeys.all()).map((key) => [key.spkiHash, key]));
  const roles = new Map((await inventory.operators.all()).map(({ name, role }) => [name, role]));
  /** Of the certificates of each key, the one that lasts longest. */
  const longest = new Map<string, NewCertificate>();
  /** When keys were superseded, since this process started. */
  const supersededAt = new Map<string, Instant>();
  /** The record that a certificate was found to agree with: both are the same for each request of a connection. */
  const agreed = new WeakMap<CertificateFacts, CertificateRecord>();

  for (const record of await inventory.certificates.identities())
    if (record.notAfter + rememberedMs > openedAt) keep(record);

  function keep(record: CertificateRecord): void {
    const { serial, purpose, spkiHash, notAfter } = record;
    certificates.set(serial, record);
    if (purpose === 'operator') operatorSerials.add(serial);
    const known = longest.get(spkiHash);
    if (purpose === 'node' && (known === undefined || known.notAfter < notAfter)) longest.set(spkiHash, record);
  }

  function forget(serial: string): void {
    certificates.delete(serial);
    operatorSerials.delete(serial);
  }

  /** Something about this node or its keys was stored: its next request is judged by that. Throws `not_found`. */
  async function refresh(nodeId: string, at: Instant): Promise<void> {
    const node = await inventory.nodes.required(nodeId);
    const keys = await inventory.identityKeys.ofNode(nodeId);
    const former = nodes.get(nodeId);
    nodes.set(nodeId, node);
    otherKeys.delete(node.spkiHash);
    for (const key of keys) otherKeys.set(key.spkiHash, key);
    if (former === undefined || former.spkiHash === node.spkiHash) return;
    supersededAt.set(former.spkiHash, at);
    supersededAt.delete(node.spkiHash);
  }

  function resolveUri({ principal: uri, serial, purpose, spkiHash }: CertificateRecord): Resolution {
    const read = readUri(uri);
    if (read?.kind === 'node' && purpose === 'node') {
      const node = nodes.get(read.name);
      if (node === undefined) return { refused: reason('node_unknown', { nodeId: read.name }) };
      const { id: nodeId, cluster } = node;
      if (node.evictedAt !== null) {
        const evicted = { nodeId, evictedAt: isoTime(node.evictedAt) };
        return { refused: reason('node_evicted_at', { nodeId, at: evicted.evictedAt }), evicted };
      }
      const principal: Principal = { kind: 'node', uri, nodeId, cluster, nodeRole: nodeRoleOf(node), serial };
      if (spkiHash === node.spkiHash) return { principal };
      const key = otherKeys.get(spkiHash);
      if (key?.standing === 'pending') return { principal, firstUse: true };
      const generation = key?.generation ?? 0;
      return { refused: reason('newer_key_in_force', { nodeId }), superseded: { nodeId, generation } };
    }
    if (read?.kind === 'operator' && purpose === 'operator') {
      const { name } = read;
      const role = roles.get(name);
      if (role === undefined) return { refused: reason('operator_without_role', { name }) };
      return { principal: { kind: 'operator', uri, name, role, serial } };
    }
    return { refused: reason('names_no_principal') };
  }

  return {
    /**
     * Judges a certificate for one request (R8): dates and revocation from the store, in agreement with the certificate;
     * the node not evicted; the operator with a role. It never relies on TLS's verdict at the handshake, which may be
     * months old for a resumed session.
     */
    resolve(certificate: CertificateFacts, now: Instant): Resolution {
      const { serial } = certificate;
      const record = certificates.get(serial);
      if (record === undefined) return { refused: reason('serial_unknown', { serial }), notKnown: true };
      if (agreed.get(certificate) !== record) {
        if (!agrees(certificate, record)) return { refused: reason('not_the_issued', { serial }) };
        agreed.set(certificate, record);
      }
      if (record.revokedAt !== null) return { refused: reason('revoked_at', { at: isoTime(record.revokedAt) }) };
      if (now < record.notBefore) {
        return { refused: reason('valid_only_from', { from: isoTime(record.notBefore), now: isoTime(now) }) };
      }
      // The certificate includes the last second of its incarnation (RFC 5280 4.1.2.5).
      if (now >= record.notAfter + 1000) return { refused: reason('ended_at', { at: isoTime(record.notAfter) }) };
      return resolveUri(record);
    },

    /** A certificate was issued and stored. */
    issued(record: NewCertificate): void {
      // It may have been revoked in the moment since it was stored.
      if (!provesPrincipal(record) || certificates.has(record.serial)) return;
      keep({ ...record, revokedAt: null });
    },

    /** A certificate was revoked, and that is stored. */
    revoked(record: Revocation): void {
      if (!provesPrincipal(record)) return;
      certificates.set(record.serial, record);
      if (record.purpose === 'operator') operatorSerials.add(record.serial);
    },

    refresh,

    /** Evicts a node, in the store and at once for its next request. Throws `not_found`. */
    async evict(nodeId: string, at: Instant): Promise<void> {
      await inventory.nodes.evict(nodeId, at);
      await refresh(nodeId, at);
    },

    /**
     * True if this key was superseded a while ago. Before that, one of the node's own requests may have been on its way,
     * or another command on the node had just read its identity.
     */
    isLongSuperseded(spkiHash: string, now: Instant): boolean {
      const at = supersededAt.get(spkiHash);
      return at === undefined || now - at > supersessionMs;
    },

    /** Forgets the certificates that ended long ago, and reads the other keys of nodes from the store again. */
    async forgetEnded(now: Instant): Promise<void> {
      for (const [serial, { notAfter, spkiHash }] of certificates)
        if (notAfter + rememberedMs <= now && longest.get(spkiHash)?.serial !== serial) forget(serial);
      const keys = await inventory.identityKeys.all();
      const kept = new Set([...nodes.values(), ...keys].map(({ spkiHash }) => spkiHash));
      otherKeys.clear();
      for (const key of keys) otherKeys.set(key.spkiHash, key);
      for (const [spkiHash, { serial, notAfter }] of longest) {
        if (kept.has(spkiHash) || notAfter + rememberedMs > now) continue;
        longest.delete(spkiHash);
        forget(serial);
      }
      for (const spkiHash of supersededAt.keys()) if (!kept.has(spkiHash)) supersededAt.delete(spkiHash);
    },

    /** The standing of a key for this node; null for a node that is unknown or evicted, and for another node's key. */
    standingOf(nodeId: string, spkiHash: string): KeyStanding | null {
      const node = nodes.get(nodeId);
      if (node === undefined || node.evictedAt !== null) return null;
      if (node.spkiHash === spkiHash) return { kind: 'in-force' };
      const key = otherKeys.get(spkiHash);
      if (key !== undefined) {
        return key.nodeId === nodeId ? { kind: key.standing, generation: key.generation } : null;
      }
      const foreign = [...nodes.values()].some((other) => other.spkiHash === spkiHash);
      return foreign ? null : { kind: 'unknown' };
    },

    /** Also of an evicted node. */
    isKnown: (nodeId: string) => nodes.has(nodeId),

    /** null for an unknown node. */
    identityOf(nodeId: string): NodeIdentity | null {
      const node = nodes.get(nodeId);
      if (node === undefined) return null;
      const certificate = longest.get(node.spkiHash) ?? null;
      return { endsAt: certificate?.notAfter ?? null, certificate, frozen: node.frozen };
    },

    /** All that are valid now; of an operator who has none, the one that ended last, until it is forgotten. */
    operatorCertificates(now: Instant): OperatorCertificate[] {
      const good = [...operatorSerials].flatMap((serial) => {
        const record = certificates.get(serial);
        if (record === undefined || record.revokedAt !== null) return [];
        const { principal } = resolveUri(record);
        return principal?.kind === 'operator' ? [{ name: principal.name, record }] : [];
      });
      return good
        .map(({ name, record: { serial, notBefore, notAfter } }) => {
          const latest = !good.some((other) => other.name === name && other.record.notAfter > notAfter);
          return { name, serial, notBefore, notAfter, latest };
        })
        .filter(({ notAfter, latest }) => latest || now < notAfter);
    },

    /** Something about this operator was stored: its next request is judged by that. */
    async refreshOperator(name: string): Promise<void> {
      const operator = await inventory.operators.find(name);
      if (operator === null) roles.delete(name);
      else roles.set(name, operator.role);
    },
  };
}

function provesPrincipal({ purpose }: NewCertificate): boolean {
  return purpose === 'node' || purpose === 'operator';
}

function nodeRoleOf(node: NodeRecord): NodeRole {
  return node.kind === 'member' ? { kind: node.kind, member: node.member } : { kind: node.kind, client: node.client };
}

function agrees(certificate: CertificateFacts, record: CertificateRecord): boolean {
  const uris = certificate.sans.filter((san) => san.type === 'uri');
  return (
    uris.length === 1 &&
    uris[0]?.value === record.principal &&
    certificate.spkiHash === record.spkiHash &&
    certificate.notBefore.getTime() === record.notBefore &&
    certificate.notAfter.getTime() === record.notAfter
  );
}
