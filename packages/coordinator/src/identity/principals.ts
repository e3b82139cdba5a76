import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { CertificateWitness } from '../authority/authorities.ts';
import type { Revocation } from '../authority/revocation-log.ts';
import type {
  CertificateRecord,
  IdentityKeyRecord,
  Inventory,
  NewCertificate,
  NodeRecord,
  NodeRole,
} from '../inventory/inventory.ts';
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
export interface OperatorCertificate {
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

/**
 * All identities, in memory, so that every request can be judged without the database (R8). A change is written to the
 * store first and to this object at once.
 */
export class IdentityDirectory implements CertificateWitness {
  readonly #inventory: Inventory;
  readonly #certificates: Map<string, CertificateRecord>;
  /** Those among them whose purpose is an operator's: each look at a cluster asks for these, and nodes have far more. */
  readonly #operatorSerials = new Set<string>();
  readonly #nodes: Map<string, NodeRecord>;
  /** The identity keys that are not in force. */
  readonly #otherKeys: Map<string, IdentityKeyRecord>;
  readonly #roles: Map<string, Role>;
  /** Of the certificates of each key, the one that lasts longest. */
  readonly #longest = new Map<string, NewCertificate>();
  /** When keys were superseded, since this process started. */
  readonly #supersededAt = new Map<string, Instant>();

  private constructor(
    inventory: Inventory,
    certificates: Map<string, CertificateRecord>,
    nodes: Map<string, NodeRecord>,
    otherKeys: Map<string, IdentityKeyRecord>,
    roles: Map<string, Role>,
  ) {
    this.#inventory = inventory;
    this.#certificates = certificates;
    this.#nodes = nodes;
    this.#otherKeys = otherKeys;
    this.#roles = roles;
    for (const record of certificates.values()) {
      this.#noteOperator(record);
      this.#noteLongest(record);
    }
  }

  /** Reads all identities that may still be presented to this coordinator. */
  static async open(inventory: Inventory, now: Instant): Promise<IdentityDirectory> {
    const certificates = (await inventory.certificates.identities()).filter(
      (record) => record.notAfter + rememberedMs > now,
    );
    return new IdentityDirectory(
      inventory,
      new Map(certificates.map((record) => [record.serial, record])),
      new Map((await inventory.nodes.all()).map((node) => [node.id, node])),
      new Map((await inventory.identityKeys.all()).map((key) => [key.spkiHash, key])),
      new Map((await inventory.operators.all()).map((operator) => [operator.name, operator.role])),
    );
  }

  /**
   * Judges a certificate for one request (R8): dates and revocation from the store, in agreement with the certificate;
   * the node not evicted; the operator with a role. It never relies on TLS's verdict at the handshake, which may be
   * months old for a resumed session.
   */
  resolve(certificate: CertificateFacts, now: Instant): Resolution {
    const record = this.#certificates.get(certificate.serial);
    if (record === undefined) {
      return { refused: reason('serial_unknown', { serial: certificate.serial }), notKnown: true };
    }
    if (!agrees(certificate, record)) {
      return { refused: reason('not_the_issued', { serial: record.serial }) };
    }
    if (record.revokedAt !== null) return { refused: reason('revoked_at', { at: isoTime(record.revokedAt) }) };
    if (now < record.notBefore) {
      return { refused: reason('valid_only_from', { from: isoTime(record.notBefore), now: isoTime(now) }) };
    }
    // The certificate includes the last second of its life (RFC 5280 4.1.2.5).
    if (now >= record.notAfter + 1000) return { refused: reason('ended_at', { at: isoTime(record.notAfter) }) };
    return this.#resolveUri(record);
  }

  /** A certificate was issued and stored. */
  issued(record: NewCertificate): void {
    if (record.purpose !== 'node' && record.purpose !== 'operator') return;
    // It may have been revoked in the moment since it was stored.
    if (this.#certificates.has(record.serial)) return;
    this.#certificates.set(record.serial, { ...record, revokedAt: null });
    this.#noteOperator(record);
    this.#noteLongest(record);
  }

  /** A certificate was revoked, and that is stored. */
  revoked(record: Revocation): void {
    if (record.purpose !== 'node' && record.purpose !== 'operator') return;
    this.#certificates.set(record.serial, record);
    this.#noteOperator(record);
  }

  /** Something about this node or its keys was stored: its next request is judged by that. Throws `not_found`. */
  async refresh(nodeId: string, at: Instant): Promise<void> {
    const node = await this.#inventory.nodes.find(nodeId);
    const keys = await this.#inventory.identityKeys.ofNode(nodeId);
    if (node === null) throw failure('not_found', { what: 'node', name: nodeId });
    const former = this.#nodes.get(nodeId);
    this.#nodes.set(nodeId, node);
    this.#otherKeys.delete(node.spkiHash);
    for (const key of keys) this.#otherKeys.set(key.spkiHash, key);
    if (former === undefined || former.spkiHash === node.spkiHash) return;
    this.#supersededAt.set(former.spkiHash, at);
    this.#supersededAt.delete(node.spkiHash);
  }

  /** Evicts a node, in the store and at once for its next request. Throws `not_found`. */
  async evict(nodeId: string, at: Instant): Promise<void> {
    await this.#inventory.nodes.evict(nodeId, at);
    await this.refresh(nodeId, at);
  }

  /**
   * True if this key was superseded a while ago. Before that, one of the node's own requests may have been on its way,
   * or another command on the node had just read its identity.
   */
  isLongSuperseded(spkiHash: string, now: Instant): boolean {
    const at = this.#supersededAt.get(spkiHash);
    return at === undefined || now - at > supersessionMs;
  }

  /** Forgets the certificates that ended long ago, and reads the other keys of nodes from the store again. */
  async forgetEnded(now: Instant): Promise<void> {
    for (const [serial, { notAfter, spkiHash }] of this.#certificates) {
      if (notAfter + rememberedMs > now || this.#longest.get(spkiHash)?.serial === serial) continue;
      this.#forget(serial);
    }
    const keys = await this.#inventory.identityKeys.all();
    const kept = new Set([...this.#nodes.values(), ...keys].map(({ spkiHash }) => spkiHash));
    this.#otherKeys.clear();
    for (const key of keys) this.#otherKeys.set(key.spkiHash, key);
    for (const [spkiHash, { serial, notAfter }] of this.#longest) {
      if (kept.has(spkiHash) || notAfter + rememberedMs > now) continue;
      this.#longest.delete(spkiHash);
      this.#forget(serial);
    }
    for (const spkiHash of this.#supersededAt.keys()) if (!kept.has(spkiHash)) this.#supersededAt.delete(spkiHash);
  }

  /** The standing of a key for this node; null for a node that is unknown or evicted, and for another node's key. */
  standingOf(nodeId: string, spkiHash: string): KeyStanding | null {
    const node = this.#nodes.get(nodeId);
    if (node === undefined || node.evictedAt !== null) return null;
    if (node.spkiHash === spkiHash) return { kind: 'in-force' };
    const key = this.#otherKeys.get(spkiHash);
    if (key !== undefined) {
      return key.nodeId === nodeId ? { kind: key.standing, generation: key.generation } : null;
    }
    const foreign = [...this.#nodes.values()].some((other) => other.spkiHash === spkiHash);
    return foreign ? null : { kind: 'unknown' };
  }

  /** Also of an evicted node. */
  isKnown(nodeId: string): boolean {
    return this.#nodes.has(nodeId);
  }

  /** null for an unknown node. */
  identityOf(nodeId: string): NodeIdentity | null {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) return null;
    const certificate = this.#longest.get(node.spkiHash) ?? null;
    return { endsAt: certificate?.notAfter ?? null, certificate, frozen: node.frozen };
  }

  /** All that are valid now; of an operator who has none, the one that ended last, until it is forgotten. */
  operatorCertificates(now: Instant): OperatorCertificate[] {
    const good = [...this.#operatorSerials].flatMap((serial) => {
      const record = this.#certificates.get(serial);
      if (record === undefined || record.revokedAt !== null) return [];
      const { principal } = this.#resolveUri(record);
      return principal?.kind === 'operator' ? [{ name: principal.name, record }] : [];
    });
    return good
      .map(({ name, record: { serial, notBefore, notAfter } }) => {
        const latest = !good.some((other) => other.name === name && other.record.notAfter > notAfter);
        return { name, serial, notBefore, notAfter, latest };
      })
      .filter(({ notAfter, latest }) => latest || now < notAfter);
  }

  /** Something about this operator was stored: its next request is judged by that. */
  async refreshOperator(name: string): Promise<void> {
    const operator = await this.#inventory.operators.find(name);
    if (operator === null) this.#roles.delete(name);
    else this.#roles.set(name, operator.role);
  }

  #noteOperator({ serial, purpose }: NewCertificate): void {
    if (purpose === 'operator') this.#operatorSerials.add(serial);
  }

  #forget(serial: string): void {
    this.#certificates.delete(serial);
    this.#operatorSerials.delete(serial);
  }

  #noteLongest(record: NewCertificate): void {
    if (record.purpose !== 'node') return;
    const known = this.#longest.get(record.spkiHash);
    if (known === undefined || known.notAfter < record.notAfter) this.#longest.set(record.spkiHash, record);
  }

  #resolveUri({ principal: uri, serial, purpose, spkiHash }: CertificateRecord): Resolution {
    const read = readUri(uri);
    if (read?.kind === 'node' && purpose === 'node') {
      const node = this.#nodes.get(read.name);
      if (node === undefined) return { refused: reason('node_unknown', { nodeId: read.name }) };
      if (node.evictedAt !== null) {
        const evicted = { nodeId: node.id, evictedAt: isoTime(node.evictedAt) };
        return { refused: reason('node_evicted_at', { nodeId: node.id, at: evicted.evictedAt }), evicted };
      }
      const { id: nodeId, cluster } = node;
      const principal: Principal = { kind: 'node', uri, nodeId, cluster, nodeRole: nodeRoleOf(node), serial };
      if (spkiHash === node.spkiHash) return { principal };
      const key = this.#otherKeys.get(spkiHash);
      if (key?.standing === 'pending') return { principal, firstUse: true };
      const generation = key?.generation ?? 0;
      return { refused: reason('newer_key_in_force', { nodeId }), superseded: { nodeId, generation } };
    }
    if (read?.kind === 'operator' && purpose === 'operator') {
      const role = this.#roles.get(read.name);
      if (role === undefined) return { refused: reason('operator_without_role', { name: read.name }) };
      return { principal: { kind: 'operator', uri, name: read.name, role, serial } };
    }
    return { refused: reason('names_no_principal') };
  }
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
