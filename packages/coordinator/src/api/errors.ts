import { failure, PicketError } from '@picket/shared/errors.ts';
import { quoteForeign, withoutSecretsIn } from '@picket/shared/secrets.ts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '../audit/refusal-counts.ts';
import { countedAddress } from '../connections/client-address.ts';
import { KeptChange } from '../executor/kept-change.ts';
import { readUri } from '../identity/uris.ts';
import { actionOf, changedCluster, hasChanged } from './audited.ts';
import { noSuchRoute } from './no-such-route.ts';
import type { App } from './route.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the error that is the answer; null for a success. */
    errorCode: string | null;
  }
}

/**
 * Every answer that is not a success has the form `{code, message, hint, details}`, from the one table of errors.
 *
 * @param answered called with each error that is answered, before it is sent
 * @param complete adds to an error what only an operator may read
 */
export function answerErrors(
  app: App,
  answered: (request: FastifyRequest, error: PicketError) => void,
  complete: (error: PicketError) => Promise<PicketError>,
): void {
  app.decorateReply('errorCode', null);
  app.setErrorHandler(async (error: unknown, request, reply) => {
    const found = shownFor(error, request);
    const shown = request.principal?.kind === 'operator' ? await complete(found) : found;
    if (shown.status >= 500) logFailure(request, error, shown);
    answered(request, shown);
    return sendError(reply, shown);
  });
  app.setNotFoundHandler((request, reply) => sendError(reply, noSuchRoute(request)));
}

/** With a stack trace, except for what is the fault of nothing here: a silent node, a receiver that is away. */
function logFailure({ log, id: reference }: FastifyRequest, error: unknown, shown: PicketError): void {
  const { code, message } = shown;
  if (error === shown && shown.cause === undefined) log.warn({ code, reference }, message);
  else log.error({ err: error, reference }, message);
}

/** Sends the error as the answer, with its code and status, and with the seconds to wait if there are any. */
export function sendError(reply: FastifyReply, error: PicketError): FastifyReply {
  const { retryAfterSeconds } = error.details;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  reply.errorCode = error.code;
  return reply.code(error.status).type('application/json').send(withoutSecretsIn(error.toWire()));
}

/** What has changed stays changed, whatever failed after that (R12). */
function shownFor(error: unknown, request: FastifyRequest): PicketError {
  if (error instanceof KeptChange) changedCluster(request, error);
  if (error instanceof KeptChange || hasChanged(request)) return failure('change_kept', { reference: request.id });
  return error instanceof PicketError ? error : translated(error, request);
}

/** The error of the one table that says what Fastify refused, or `internal`. */
export function translated(error: unknown, request: FastifyRequest): PicketError {
  const known = error as Partial<FastifyError>;
  if (known.validation !== undefined) return failure('invalid_request', { problem: problemOf(known) });
  if (known.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return failure('payload_too_large', { limitBytes: request.routeOptions.bodyLimit });
  }
  // Its message repeats the URL.
  if (known.code === 'FST_ERR_BAD_URL') return failure('invalid_request', { problem: 'its URL cannot be decoded' });
  if (known.statusCode !== undefined && known.statusCode >= 400 && known.statusCode < 500) {
    return failure('invalid_request', { problem: known.message ?? 'it cannot be read' });
  }
  return failure('internal', { reference: request.id });
}

/** `body/members/0/name must match pattern …`, and the name of an unknown field, which Ajv's message omits. */
function problemOf(error: Partial<FastifyError>): string {
  const all = error.validation ?? [];
  // Of a choice between forms, each form has an error: one that is about a value is of the form that was meant.
  const first = all.find(({ keyword }) => !['additionalProperties', 'const', 'anyOf'].includes(keyword)) ?? all[0];
  if (first === undefined) return error.message ?? 'it does not fit the schema';
  const where = `${error.validationContext ?? 'request'}${first.instancePath}`;
  if (first.keyword === 'additionalProperties') {
    return `${where} has the unknown field ${quoteForeign(String(first.params.additionalProperty))}`;
  }
  return `${where} ${first.message ?? 'does not fit'}`;
}

/** For the audit log: who was refused because of who it is, or because it asked too often; null for other errors. */
export function refusalOf(request: FastifyRequest, { status, code, facts }: PicketError): Refusal | null {
  // What an operator was refused after the request began has an entry of its own.
  if (![401, 403, 429].includes(status) || request.audited !== null) return null;
  const { kind, name } = readUri(request.holder ?? '') ?? {};
  const { reason } = facts;
  return {
    by: kind === undefined ? null : `${kind} ${name}`,
    from: countedAddress(request.raw.socket.remoteAddress),
    action: actionOf(request),
    outcome: code,
    why: reason === undefined ? null : String(reason instanceof Object && 'code' in reason ? reason.code : reason),
  };
}
