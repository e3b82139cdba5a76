import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Access } from '@picket/shared/contract/contract.ts';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { isLoopback } from '@picket/shared/names.ts';
import { type Certificate, certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import { verifyIssued } from '@picket/shared/pki/verify.ts';
import { maximumBodyBytes } from '@picket/shared/protocol/primitives.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { countedAddress, plainAddress } from '../connections/client-address.ts';
import type { ClientTurns } from '../connections/client-turns.ts';
import type { FairOrder } from '../connections/fair-order.ts';
import type { ConnectionGuard } from '../connections/guard-connections.ts';
import type { AfterRestore, Refusal } from '../identity/after-restore.ts';
import type { IdentityDirectory, Principal, Resolution } from '../identity/principals.ts';
import type { QuotaKind, Quotas } from '../quotas/quotas.ts';
import { noSuchRoute } from './no-such-route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route without this cannot be registered. */
    access?: Access;
    /** The quota that a request counts against; decided by who may call the route unless given. */
    quota?: QuotaKind | undefined;
  }
  interface FastifyInstance {
    /** Checks the caller again, for a route that answers long after the request. Throws as the first check does. */
    judge(request: FastifyRequest): void;
    /**
     * The node that polls, known on its connection from now on and its poll counted against its quota; null if there is anything to
     * refuse or to record, which the hooks do.
     */
    admitPoll(raw: IncomingMessage): Promise<Node | null>;
    /** The node of a connection as {@link admitPoll} knows it, judged again; null if it is not to be answered without the hooks. */
    nodeStill(raw: IncomingMessage): Node | null;
    /** Closes all connections of a principal that is admitted no longer, except one if it is given. */
    disconnect(uri: string, except?: FastifyRequest['raw']['socket']): void;
    /**
     * The SHA-256 of the key that the client has proven to hold in this connection's handshake, whichever certificate
     * it used. Throws `certificate_required`.
     */
    keyShown(request: FastifyRequest): string;
    /** The client's certificate, whatever its dates; null unless the control authority issued it to a client. */
    certificateShown(request: FastifyRequest): Certificate | null;
  }
  interface FastifyRequest {
    principal: Principal | null;
    /** The URI in its certificate, which this control CA issued; null without one. It may be refused all the same. */
    holder: string | null;
    /** Ends the turn that the client has for this request; null before it begins, and for a request that waits. */
    endTurn: (() => void) | null;
  }
}

type Node = Extract<Principal, { kind: 'node' }>;

/** In milliseconds. */
const refusedAfterMs = 1000;

const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

interface MutualTlsOptions {
  /** The authority that must have issued every client certificate. */
  readonly control: Certificate;
  readonly directory: IdentityDirectory;
  readonly connections: Pick<ConnectionGuard, 'isKnown' | 'recognise' | 'disconnect'>;
  readonly quotas: Pick<Quotas, 'spend'>;
  readonly turns: ClientTurns;
  readonly order: FairOrder;
  /** Fires after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
  readonly now: () => number;
  /** A pending key was used for the first time. */
  readonly firstUse: (node: Node) => Promise<void>;
  /** Somebody used a key that its node has given up: there is a copy of the node (R15). */
  readonly copySeen: (nodeId: string, because: Reason) => Promise<void>;
  /** Decides about certificates that a store restored from a backup does not know (R5). */
  readonly afterRestore?: Pick<AfterRestore, 'judge'>;
}

/**
 * Mutual TLS over node:tls: the port asks each client for a certificate, the routes decide who needs one. Every request
 * checks dates, revocation and eviction from the store (R8): a connection outlives all three.
 */
export const mutualTls = plugin<MutualTlsOptions>(
  async (
    app,
    { control, directory, connections, quotas, turns, order, timeout, now, firstUse, copySeen, afterRestore },
  ) => {
    const certificates = new WeakMap<TLSSocket, Certificate>();
    const copies = new WeakMap<PicketError, NonNullable<Refusal['copy']>>();
    const countedPolls = new WeakSet<IncomingMessage>();

    app.decorateRequest('principal', null);
    app.decorateRequest('holder', null);
    app.decorateRequest('endTurn', null);
    app.addHook('onRoute', (route) => {
      if (route.config?.access === undefined) {
        throw new Error(`the route ${String(route.method)} ${route.url} does not declare who may call it`);
      }
    });
    app.decorate('judge', (request: FastifyRequest) => void judge(request));
    app.decorate('admitPoll', admitPoll);
    app.decorate('nodeStill', nodeStill);
    app.decorate('disconnect', connections.disconnect);
    app.decorate('keyShown', keyShown);
    app.decorate('certificateShown', certificateShown);
    app.addHook('onRequest', async (request, reply) => {
      // A stranger gets one answer a connection (R18).
      if (!connections.isKnown(request.raw.socket)) reply.header('connection', 'close');
      const found = await letIn(request, reply);
      if (found === undefined) {
        await spendAsStranger(request);
        // Before Fastify reads a body for it.
        if (request.is404) throw noSuchRoute(request);
        requireHost(request);
        return;
      }
      const { principal } = found;
      await spendAsClient(request, principal);
      connections.recognise(request.raw.socket, principal.uri);
      reply.removeHeader('connection');
      requireHost(request);
      if (request.routeOptions.config.waits !== true) await takeTurn(request, reply, principal);
      if (found.firstUse === true && principal.kind === 'node') await firstUse(principal);
    });

    app.addHook('onRoute', (route) => {
      if (route.config?.waits === true) return;
      route.onSend = [endTurn, route.onSend ?? []].flat();
    });

    // Its body may have taken a minute to arrive: the caller may have been evicted or removed since.
    app.addHook('preHandler', async (request) => {
      const { principal, method, routeOptions } = request;
      if (principal !== null && routeOptions.config.waits !== true) await order.turn(principal.uri);
      if (principal !== null && method !== 'GET') judge(request);
    });

    /** Identifies the caller; a refusal counts as a stranger's request. */
    async function letIn(request: FastifyRequest, reply: FastifyReply): Promise<Found | undefined> {
      try {
        return judge(request);
      } catch (error) {
        reply.header('connection', 'close');
        await spendAsStranger(request);
        const copy = copyBehind(error, request);
        if (copy !== null) await copySeen(copy.nodeId, copy.because);
        throw error;
      }
    }

    function spendAsStranger(request: FastifyRequest): Promise<void> {
      const { access, quota = 'strangers' } = request.routeOptions.config;
      return quotas.spend(access === 'anyone' ? quota : 'strangers', countedAddress(request.raw.socket.remoteAddress));
    }

    /**
     * A client beyond its quota is answered late: one request of each connection at a time, it gets few answers, and the others
     * notice nothing of it (R18).
     */
    async function spendAsClient(request: FastifyRequest, principal: Principal): Promise<void> {
      try {
        if (!countedPolls.delete(request.raw)) await quotas.spend(quotaOf(request, principal), principal.uri);
        const kib = principal.kind === 'node' ? kibOf(request) : 0;
        if (kib > 0) await quotas.spend('nodeBodies', principal.uri, kib);
      } catch (error) {
        await passed(AbortSignal.any([timeout(refusedAfterMs), app.closing.signal]));
        throw error;
      }
    }

    async function admitPoll(raw: IncomingMessage): Promise<Node | null> {
      const node = nodeStill(raw);
      if (node === null) return null;
      try {
        await quotas.spend('polls', node.uri);
      } catch {
        return null;
      }
      countedPolls.add(raw);
      connections.recognise(raw.socket, node.uri);
      return node;
    }

    function nodeStill(raw: IncomingMessage): Node | null {
      try {
        const { principal, firstUse: isFirst } = resolved(certificateOf(connectionBelow(raw)));
        return principal.kind === 'node' && isFirst !== true ? principal : null;
      } catch {
        return null;
      }
    }

    async function takeTurn(request: FastifyRequest, reply: FastifyReply, { uri }: Principal): Promise<void> {
      const end = await turns.take(uri);
      request.endTurn = end;
      reply.raw.once('close', end);
      // Gone while it waited.
      if (request.raw.socket.destroyed) end();
    }

    /** Whether its client reads the answer does not matter here. */
    async function endTurn(request: FastifyRequest): Promise<void> {
      request.endTurn?.();
    }

    function judge(request: FastifyRequest): Found | undefined {
      const access = request.routeOptions.config.access;
      if (access === undefined || access === 'anyone') return undefined;
      if (access === 'monitor' && isLoopback(plainAddress(request.ip))) return undefined;
      const found = identify(request);
      requireAccess(found.principal, access === 'monitor' ? 'viewer' : access);
      request.principal = found.principal;
      return found;
    }

    /** Also null for what may be the node's own key while it changes to its next one. */
    function copyBehind(error: unknown, request: FastifyRequest): NonNullable<Refusal['copy']> | null {
      if (!(error instanceof PicketError)) return null;
      const copy = copies.get(error);
      if (copy !== undefined) return copy;
      if (error.code !== 'identity_superseded') return null;
      const shown = certificates.get(connectionOf(request))?.spkiHash ?? '';
      if (!directory.isLongSuperseded(shown, now())) return null;
      const { nodeId, generation } = error.details;
      const because = reason('superseded_key_shown', { generation: Number(generation) });
      return { nodeId: String(nodeId), because };
    }

    function connectionOf(request: FastifyRequest): TLSSocket {
      return connectionBelow(request.raw);
    }

    function connectionBelow({ socket }: IncomingMessage): TLSSocket {
      if (!(socket instanceof TLSSocket)) throw refuse('the connection is not TLS');
      // The server gives out no session tickets, so this cannot happen. If it ever does, the certificate was not
      // checked just now.
      if (socket.isSessionReused()) throw refuse('the TLS session was resumed');
      return socket;
    }

    function keyShown(request: FastifyRequest): string {
      const presented = connectionOf(request).getPeerX509Certificate();
      if (presented === undefined) throw refuse('none was presented');
      try {
        return spkiHash(presented.publicKey);
      } catch {
        throw refuse('its key cannot be read');
      }
    }

    function certificateShown(request: FastifyRequest): Certificate | null {
      try {
        const presented = connectionOf(request).getPeerX509Certificate();
        return presented === undefined ? null : issuedByControl(presented.raw);
      } catch {
        return null;
      }
    }

    function identify(request: FastifyRequest): Found {
      const certificate = certificateOf(connectionOf(request));
      request.holder = certificate.sans.find(({ type }) => type === 'uri')?.value ?? null;
      return resolved(certificate);
    }

    function resolved(certificate: Certificate): Found {
      const found = directory.resolve(certificate, now());
      const refusal = afterRestore?.judge(certificate, found) ?? null;
      if (refusal !== null) {
        if (refusal.copy !== undefined) copies.set(refusal.error, refusal.copy);
        throw refusal.error;
      }
      if (found.principal !== undefined) return found;
      if (found.superseded !== undefined) throw failure('identity_superseded', found.superseded);
      if (found.evicted !== undefined) throw failure('node_evicted', found.evicted);
      throw refuse(found.refused);
    }

    function certificateOf(socket: TLSSocket): Certificate {
      const known = certificates.get(socket);
      if (known !== undefined) return known;
      const presented = socket.getPeerX509Certificate();
      if (presented === undefined) throw refuse('none was presented');
      // First: a certificate that a stranger made is not even parsed.
      const code = String(socket.authorizationError);
      if (!socket.authorized) throw refuse(problemsOfTls[code] ?? `the certificate was refused (${code})`);
      const certificate = judged(presented.raw);
      certificates.set(socket, certificate);
      return certificate;
    }

    /** The socket's flag is not enough: it stayed set after a renegotiation with a forged certificate (R8). */
    function judged(der: Buffer): Certificate {
      try {
        return issuedByControl(der);
      } catch {
        throw refuse(notOurs);
      }
    }

    /** Throws `certificate_untrusted`, and what parsing a certificate throws. */
    function issuedByControl(der: Buffer): Certificate {
      const certificate = certificateFromDer(der);
      verifyIssued(certificate, [control], { purpose: 'clientAuth' });
      return certificate;
    }
  },
  { name: 'mutual-tls' },
);

/** RFC 9112 requires it; Node.js would refuse without counting. Throws `invalid_request`. */
function requireHost({ raw }: FastifyRequest): void {
  if (raw.headers.host === undefined && raw.httpVersion === '1.1') {
    throw failure('invalid_request', { problem: 'it has no header Host' });
  }
}

/** Of a body of unknown length, as much as a body may have. Parts of snapshots have a quota of their own. */
function kibOf({ raw, routeOptions }: FastifyRequest): number {
  if (routeOptions.config.quota === 'snapshotParts') return 0;
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
  if (encoding !== undefined) return Math.ceil(maximumBodyBytes / 1024);
  return length === undefined ? 0 : Math.ceil(Math.min(Number(length), maximumBodyBytes) / 1024);
}

/** Resolves once the signal fires. */
async function passed(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

type Found = Extract<Resolution, { principal: Principal }>;

function quotaOf(request: FastifyRequest, { kind }: Principal): QuotaKind {
  return request.routeOptions.config.quota ?? (kind === 'operator' ? 'operatorRequests' : 'nodeRequests');
}

function refuse(reason: string | Reason): PicketError {
  return failure('certificate_required', { reason });
}

const notOurs = 'the certificate was not issued by this coordinator';

/** By the code of Node.js. */
const problemsOfTls: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet; compare the clocks',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notOurs,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notOurs,
  DEPTH_ZERO_SELF_SIGNED_CERT: notOurs,
  SELF_SIGNED_CERT_IN_CHAIN: notOurs,
};

function requireAccess(principal: Principal, access: Exclude<Access, 'anyone' | 'monitor'>): void {
  const refuse = (name: string, needs: string) => failure('not_permitted', { principal: name, needs });
  if (access === 'node') {
    if (principal.kind !== 'node') throw refuse(`operator ${principal.name}`, 'a node certificate');
    return;
  }
  if (principal.kind !== 'operator') throw refuse(`node ${principal.nodeId}`, `an operator with the role ${access}`);
  if (rank[principal.role] < rank[access]) throw refuse(`operator ${principal.name}`, `the role ${access}`);
}

/** The node that asks; only on routes with `access: 'node'`. */
export function nodeOf(request: FastifyRequest): Node {
  if (request.principal?.kind !== 'node') throw new Error('the route is not for nodes');
  return request.principal;
}

/** For an order that needs a higher role than its route. Throws `not_permitted`. */
export function requireRole(request: FastifyRequest, role: Role): void {
  requireAccess(operatorOf(request), role);
}

/** The operator who asks; only on routes with a role. */
export function operatorOf(request: FastifyRequest): Extract<Principal, { kind: 'operator' }> {
  if (request.principal?.kind !== 'operator') throw new Error('the route is not for operators');
  return request.principal;
}

/** The operator who asks, as events name it. */
export function byOperator(request: FastifyRequest): string {
  return `operator ${operatorOf(request).name}`;
}
