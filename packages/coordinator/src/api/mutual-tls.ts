import { TLSSocket } from 'node:tls';
import { failure } from '@picket/shared/errors.ts';
import { isLoopback } from '@picket/shared/names.ts';
import { type Certificate, certificateFromDer } from '@picket/shared/pki/certificate.ts';
import type { Role } from '@picket/shared/protocol/operators.ts';
import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import type { IdentityDirectory, Principal } from '../identity/principals.ts';

/** Who may call a route; `monitor` is anyone on this machine, or an operator. Every route says so; one that does not is not registered (DESIGN §6). */
export type Access = 'anyone' | 'node' | 'monitor' | Role;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyInstance {
    /** Judges again who asks: for a route that answers long after it was asked. Throws as at first. */
    judge(request: FastifyRequest): void;
  }
  interface FastifyRequest {
    principal: Principal | null;
  }
}

const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/**
 * Mutual TLS over node:tls: the port asks each client for a certificate, the routes decide who needs one. Every
 * request re-checks dates, revocation and eviction from the store (R8): a connection outlives all three.
 */
export const mutualTls = plugin<{ readonly directory: IdentityDirectory; readonly now: () => number }>(
  async (app, { directory, now }) => {
    const certificates = new WeakMap<TLSSocket, Certificate>();

    app.decorateRequest('principal', null);
    app.addHook('onRoute', (route) => {
      if (route.config?.access === undefined) {
        throw new Error(`the route ${String(route.method)} ${route.url} does not say who may call it`);
      }
    });
    app.decorate('judge', judge);
    app.addHook('onRequest', (request, _reply, done) => {
      judge(request);
      done();
    });

    function judge(request: FastifyRequest): void {
      const access = request.routeOptions.config.access;
      if (access === undefined || access === 'anyone') return;
      if (access === 'monitor' && isLoopback(request.ip.replace(/^::ffff:/, ''))) return;
      const principal = identify(request);
      admit(principal, access === 'monitor' ? 'viewer' : access);
      request.principal = principal;
    }

    function identify(request: FastifyRequest): Principal {
      const { socket } = request.raw;
      const refuse = (reason: string) => failure('certificate_required', { reason });
      if (!(socket instanceof TLSSocket)) throw refuse('the connection is not TLS');
      // No tickets are given out, so this cannot be; if it ever is, the certificate was not checked just now.
      if (socket.isSessionReused()) throw refuse('the TLS session was resumed');
      const certificate = certificates.get(socket) ?? verified(socket);
      certificates.set(socket, certificate);
      const found = directory.resolve(certificate, now());
      if (found.principal === undefined) throw refuse(found.refused);
      return found.principal;

      function verified(socket: TLSSocket): Certificate {
        const presented = socket.getPeerX509Certificate();
        if (presented === undefined) throw refuse('none was presented');
        // First of all: what a stranger made is not even read.
        if (!socket.authorized) throw refuse(reasonInWords(String(socket.authorizationError)));
        return certificateFromDer(presented.raw);
      }
    }
  },
  { name: 'mutual-tls' },
);

function reasonInWords(code: string): string {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'the certificate has expired';
    case 'CERT_NOT_YET_VALID':
      return 'the certificate is not valid yet; compare the clocks';
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'the certificate was not issued by this coordinator';
    default:
      return `the certificate was refused (${code})`;
  }
}

function admit(principal: Principal, access: Exclude<Access, 'anyone' | 'monitor'>): void {
  const refuse = (name: string, needs: string) => failure('not_permitted', { principal: name, needs });
  if (access === 'node') {
    if (principal.kind !== 'node') throw refuse(`operator ${principal.name}`, 'a node certificate');
    return;
  }
  if (principal.kind !== 'operator') throw refuse(`node ${principal.nodeId}`, `an operator with the role ${access}`);
  if (rank[principal.role] < rank[access]) throw refuse(`operator ${principal.name}`, `the role ${access}`);
}

/** The node that asks; only on routes with `access: 'node'`. */
export function nodeOf(request: FastifyRequest): Extract<Principal, { kind: 'node' }> {
  if (request.principal?.kind !== 'node') throw new Error('the route does not ask for a node');
  return request.principal;
}

/** The operator who asks; only on routes with a role. */
export function operatorOf(request: FastifyRequest): Extract<Principal, { kind: 'operator' }> {
  if (request.principal?.kind !== 'operator') throw new Error('the route does not ask for an operator');
  return request.principal;
}
