import type { PicketError } from '@picket/shared/errors.ts';
import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../audit/refusal-counts.ts';
import { countedAddress } from '../connections/client-address.ts';
import { readUri } from '../identity/uris.ts';
import { actionOf } from './audited.ts';

/** For the audit log: who was refused because of who it is, or because it asked too often; null for other errors. */
export function refusalOf(request: FastifyRequest, { status, code, facts }: PicketError): Refusal | null {
  // What an operator was refused after the request began has an entry of its own.
  if (![401, 403, 429].includes(status) || request.audited !== null) return null;
  const { kind, name } = readUri(request.holder ?? '') ?? {};
  const { reason: why = null } = facts;
  return {
    by: kind === undefined ? null : `${kind} ${name}`,
    from: countedAddress(request.raw.socket.remoteAddress),
    action: actionOf(request),
    outcome: code,
    why:
      typeof why === 'object' && why !== null && 'code' in why ? String(why.code) : why === null ? null : String(why),
  };
}
