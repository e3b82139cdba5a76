import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import plugin from 'fastify-plugin';
import { type Difference, differenceOf, noDifference } from '../audit/difference.ts';
import { auditEntry } from '../audit/entries.ts';
import { clusterFacts } from '../audit/facts.ts';
import { plainAddress } from '../connections/client-address.ts';
import type { IdempotentRequest, IdempotentRequests, KeptAnswer } from '../idempotency/idempotent-requests.ts';
import type { ClusterRecord, Inventory, NewAuditEntry } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { Done } from '../operations/operation.ts';
import type { Quotas } from '../quotas/quotas.ts';
import { answerAgain, idempotentRequestOf, keptAnswer, takesKey, withKey } from './idempotency-key.ts';
import { operatorOf } from './mutual-tls.ts';

/** How the audit log names a request of a route. */
interface AuditDescription {
  /** What the request is about, with the parameters of its path, such as `cluster :name`; null if only the outcome shows that. */
  readonly object: string | null;
  /** The fields of body and query that are recorded as they were sent: none that may hold a secret (R11). */
  readonly asks?: readonly string[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Each route by which an operator changes something has one: another is not registered. `with-its-end`: a part of what another request
     * ends, which is recorded; until then it changes nothing.
     */
    audit?: AuditDescription | 'with-its-end' | undefined;
  }
  interface FastifyRequest {
    audited: AuditedRequest | null;
  }
}

interface AuditedRequest {
  readonly number: number;
  readonly entry: NewAuditEntry;
  readonly keyed: IdempotentRequest | null;
  change: Difference | null;
}

interface AuditedRoutesOptions {
  readonly inventory: Pick<Inventory, 'transaction'>;
  readonly quotas: Pick<Quotas, 'spend'>;
  readonly idempotentRequests: IdempotentRequests;
  readonly now: () => Instant;
}

/**
 * Records what operators do. Before a route with an `audit` description acts, its request is stored, and its outcome
 * before the answer, each fsynced. So there is no change without an entry (R12): after a crash in between, the log has a
 * request without a result. A route by which an operator could change something does not register without a description.
 * The request and its idempotency key are stored in one transaction, and so are the result and the answer.
 */
export const auditedRoutes = plugin<AuditedRoutesOptions>(
  async (app, { inventory, quotas, idempotentRequests, now }) => {
    app.decorateRequest('audited', null);
    app.addHook('onRoute', (route) => {
      const { access, audit } = route.config ?? {};
      if (audit === 'with-its-end') return;
      if (audit === undefined) {
        if (!mayChange(route) || access === 'anyone' || access === 'node') return;
        throw new Error(`the route ${String(route.method)} ${route.url} does not say how the audit log names it`);
      }
      if (takesKey(route)) route.schema = withKey(route.schema);
      const begun = async (request: FastifyRequest, reply: FastifyReply) => begin(request, reply, audit);
      route.preHandler = [route.preHandler ?? [], begun].flat();
      route.onSend = [route.onSend ?? [], ending].flat();
    });

    async function begin(request: FastifyRequest, reply: FastifyReply, audit: AuditDescription): Promise<unknown> {
      const { name, role, serial } = operatorOf(request);
      const entry = auditEntry({
        at: now(),
        kind: 'request',
        by: `operator ${name}`,
        role,
        serial,
        from: plainAddress(request.ip),
        action: actionOf(request),
        object: audit.object && named(audit.object, request.params as Readonly<Record<string, string>>),
        asked: askedBy(request, audit.asks ?? []),
      });
      const keyed = idempotentRequestOf(request);
      const begun = await beginOrFind(request, entry, keyed);
      // What is answered again changes nothing: the log has the first request.
      if (typeof begun !== 'number') return answerAgain(reply, begun);
      request.audited = { number: begun, entry, keyed, change: null };
      return undefined;
    }

    /** @returns the number of the entry, or the answer to the first request with this key */
    async function beginOrFind(
      request: FastifyRequest,
      entry: NewAuditEntry,
      keyed: IdempotentRequest | null,
    ): Promise<number | KeptAnswer> {
      let number = 0;
      try {
        return await inventory.transaction(async (store) => {
          const kept = keyed && (await idempotentRequests.find(store, keyed));
          if (kept !== null) return kept;
          // Two entries for each: nobody pushes out in a moment what others did (R18). A repetition makes none.
          await quotas.spend('auditedRequests', operatorOf(request).uri);
          number = await store.audit.append(entry);
          if (keyed !== null) await idempotentRequests.begin(store, keyed, number);
          return number;
        });
      } catch (error) {
        idempotentRequests.ended(number);
        throw error;
      }
    }

    async function ending(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
      const { audited } = request;
      // Refused before it began, answered again, or its result could not be stored.
      if (audited === null) return;
      request.audited = null;
      const { number, entry, change, keyed } = audited;
      const failed = reply.statusCode >= 400;
      try {
        if (!failed && change === null) throw new Error(`${entry.action} does not say what it changed`);
        const outcome = failed ? (reply.errorCode ?? String(reply.statusCode)) : 'done';
        const result: NewAuditEntry = { ...entry, at: now(), kind: 'result', request: number, outcome, ...change };
        await inventory
          .transaction(async (store) => {
            await store.audit.append(result);
            if (keyed !== null) await idempotentRequests.finish(store, keyed, number, keptAnswer(reply, payload));
          })
          .catch((error: unknown) =>
            // What was done is done, and its answer may hold a secret that is shown once. The log has the request, without a result.
            request.log.error({ err: error, number }, 'the result of a request is not in the audit log'),
          );
      } finally {
        idempotentRequests.ended(number);
      }
    }
  },
  { name: 'audited-routes', dependencies: ['mutual-tls'] },
);

/**
 * What the request has changed, for its entry in the audit log: each successful route with a description says it, once it
 * is stored.
 */
export function changed(request: FastifyRequest, change: Difference): void {
  if (request.audited !== null) request.audited.change = change;
}

/** Says for the audit log what an operation changed. @returns the cluster after it */
export function changedCluster(
  request: FastifyRequest,
  { before, record }: Pick<Done<unknown>, 'before' | 'record'>,
): ClusterRecord {
  changed(request, differenceOf(clusterFacts(before), clusterFacts(record)));
  return record;
}

/** True if this request has changed something. */
export function hasChanged({ audited }: FastifyRequest): boolean {
  const change = audited?.change ?? noDifference;
  return change.before !== null || change.after !== null;
}

/** The method and the route, with the names of its parameters. */
export function actionOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url ?? 'no route'}`;
}

function named(object: string, params: Readonly<Record<string, string>>): string {
  return object.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? '');
}

function askedBy({ body, query }: FastifyRequest, names: readonly string[]): NewAuditEntry['asked'] {
  const sent = { ...(query as object), ...(Buffer.isBuffer(body) ? {} : (body as object | null)) };
  const asked = Object.entries(sent).filter(([name]) => names.includes(name));
  return asked.length === 0 ? null : Object.fromEntries(asked);
}

/** Fastify registers a HEAD route with each GET route. */
function mayChange({ method }: Pick<RouteOptions, 'method'>): boolean {
  return [method].flat().some((one) => !['GET', 'HEAD', 'OPTIONS'].includes(one));
}
