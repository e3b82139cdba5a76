import { constants } from 'node:crypto';
import { type SecureContextOptions, Server } from 'node:tls';
import swagger from '@fastify/swagger';
import { coordinatorContracts } from '@picket/shared/contract/coordinator.ts';
import { maximumBodyBytes } from '@picket/shared/protocol/primitives.ts';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { advisoriesRoutes } from './api/advisories.ts';
import { auditRoutes } from './api/audit.ts';
import { auditedRoutes } from './api/audited.ts';
import { authenticationRoutes } from './api/authentication.ts';
import { backupRoutes } from './api/backups.ts';
import { beforeHooks, ignoreExpectations } from './api/before-hooks.ts';
import { boundedAnswers, inPieces } from './api/bounded-answers.ts';
import { certificateRoutes } from './api/certificates.ts';
import { clusterRoutes } from './api/clusters.ts';
import { serializerCompiler, validatorCompiler } from './api/compile-lazily.ts';
import { diagnosisRoutes } from './api/diagnosis.ts';
import { answerErrors, refusalOf } from './api/errors.ts';
import { eventStreamRoute } from './api/event-stream.ts';
import { eventRoutes } from './api/events.ts';
import { healthRoutes } from './api/health.ts';
import { historyRoutes } from './api/history.ts';
import { installerRoutes } from './api/installer.ts';
import { joinRoutes } from './api/join.ts';
import { withNearName } from './api/known-names.ts';
import { logRoutes } from './api/logs.ts';
import { countAnswers, type MetricsDeps, metricsRoutes } from './api/metrics.ts';
import { mutualTls } from './api/mutual-tls.ts';
import { nodeRoutes } from './api/node.ts';
import { nodesRoutes } from './api/nodes.ts';
import { notificationRoutes } from './api/notifications.ts';
import { openApi } from './api/openapi.ts';
import { operatorRoutes } from './api/operators.ts';
import { readoptionRoutes } from './api/readoption.ts';
import { releaseFetchRoutes } from './api/release-fetches.ts';
import { releaseRoutes } from './api/releases.ts';
import { revisionRoutes } from './api/revisions.ts';
import { type App, route, type TypesOfSchemas } from './api/route.ts';
import { snapshotImportRoutes } from './api/snapshot-imports.ts';
import { nodeSnapshotRoutes, snapshotRoutes } from './api/snapshots.ts';
import { tokenRoutes } from './api/tokens.ts';
import { waitingPolls } from './api/waiting-polls.ts';
import type { ClientLimits } from './connections/client-limits.ts';
import { clientTurns } from './connections/client-turns.ts';
import { fairOrder } from './connections/fair-order.ts';
import { GatheredMessage } from './connections/gathered-message.ts';
import { guardConnections } from './connections/guard-connections.ts';
import { oneAtATime } from './connections/one-at-a-time.ts';
import type { IdempotentRequests } from './idempotency/idempotent-requests.ts';
import { freezeIdentity } from './identity/freeze-identity.ts';
import { putInForce } from './identity/renew-identity.ts';
import { Exposition } from './metrics/exposition.ts';
import type { Quotas } from './quotas/quotas.ts';

/** The coordinator's own certificate and key as PEM, and the bundle that verifies client certificates. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthorities: string;
}

export interface AppDeps extends MetricsDeps {
  readonly tls: ServerTls;
  readonly limits: ClientLimits;
  readonly quotas: Quotas;
  readonly idempotentRequests: IdempotentRequests;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly log: FastifyBaseLogger;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Fires when the server begins to close: long polls end then. */
    closing: AbortController;
  }
}

/** For a request with its body, in milliseconds: an agent on a slow line takes a minute for a part of a snapshot. */
const requestTimeout = 75_000;

/** Builds the whole HTTPS application but does not listen: the caller owns the process. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const exposition = new Exposition();
  const early = beforeHooks({ quotas: deps.quotas, answered: ({ code }) => exposition.countError(code) });
  const app = fastify({
    https: {
      ...secureContext(deps.tls),
      requestCert: true,
      // Not refused at the handshake: a client without a certificate may still fetch the trust bundle and join.
      rejectUnauthorized: false,
      // With Node's own 120 s, a stranger could hold a socket for two minutes.
      handshakeTimeout: 10_000,
      // Set here, because Fastify sets its own too late. By then Node.js has set 60 s for the headers, uses the smaller
      // of both for the headers and the larger for the whole request, and checks every 30 s.
      headersTimeout: 10_000,
      requestTimeout,
      connectionsCheckingInterval: 1000,
      // Nothing of a connection is read before its handshake begins.
      pauseOnConnect: true,
      IncomingMessage: GatheredMessage,
      // Node.js would refuse it before any hook.
      requireHostHeader: false,
    },
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    // Fastify would make a logger for each request, polls too; Picket's log lines name the request themselves.
    childLoggerFactory: (logger) => logger,
    ...early,
    bodyLimit: maximumBodyBytes,
    requestTimeout,
    // A report that arrives on an idle connection may be as old as the connection has been idle (R2).
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
  }).withTypeProvider<TypesOfSchemas>() as App;

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const closing = new AbortController();
  app.decorate('closing', closing);
  waitingPolls(app, deps);
  oneAtATime(app.server);
  ignoreExpectations(app.server);
  const connections = guardConnections(app.server, deps);
  app.addHook('preClose', async () => {
    closing.abort();
    connections.stop();
  });

  // Replaces Fastify's own parsers; here every body is JSON.
  app.removeContentTypeParser('text/plain');
  countAnswers(app, exposition);
  answerErrors(
    app,
    (request, error) => {
      exposition.countError(error.code);
      const refusal = refusalOf(request, error);
      if (refusal !== null) deps.refusals.count(refusal);
    },
    (error) => withNearName(deps, error).catch(() => error),
  );
  await app.register(mutualTls, {
    control: deps.authorities.control.certificate,
    directory: deps.directory,
    connections,
    quotas: deps.quotas,
    turns: clientTurns(deps.limits),
    order: fairOrder(deps.monotonic),
    timeout: deps.timeout,
    now: deps.now,
    firstUse: (node) => putInForce(deps, node),
    copySeen: (nodeId, because) => freezeIdentity(deps, nodeId, because),
    afterRestore: deps.afterRestore,
  });
  const { inventory, quotas, idempotentRequests, now } = deps;
  await app.register(auditedRoutes, { inventory, quotas, idempotentRequests, now });
  await app.register(boundedAnswers, { limits: deps.limits });
  await app.register(swagger, openApi);
  await app.register(async (scope) => {
    const routes = scope as App;
    joinRoutes(routes, deps);
    installerRoutes(routes, deps);
    nodeRoutes(routes, deps);
    clusterRoutes(routes, deps);
    diagnosisRoutes(routes, deps);
    advisoriesRoutes(routes, deps);
    historyRoutes(routes, deps);
    authenticationRoutes(routes, deps);
    revisionRoutes(routes, deps);
    tokenRoutes(routes, deps);
    operatorRoutes(routes, deps);
    nodesRoutes(routes, deps);
    readoptionRoutes(routes, deps);
    certificateRoutes(routes, deps);
    eventRoutes(routes, deps);
    eventStreamRoute(routes, deps, deps.limits);
    auditRoutes(routes, deps);
    backupRoutes(routes, deps);
    healthRoutes(routes, deps);
    metricsRoutes(routes, deps, exposition);
    snapshotRoutes(routes, deps);
    notificationRoutes(routes, deps);
    logRoutes(routes, deps, deps.monotonic);
    // Only within this scope a body may be octets.
    await routes.register(async (inner) => {
      nodeSnapshotRoutes(inner as App, deps);
      snapshotImportRoutes(inner as App, deps);
      releaseRoutes(inner as App, deps);
      releaseFetchRoutes(inner as App, deps);
    });
    let document: string | null = null;
    route(routes, coordinatorContracts.openApi, async (_request, reply) => {
      document ??= JSON.stringify(app.swagger());
      return reply.type('application/json; charset=utf-8').send(inPieces(reply, document));
    });
  });
  return app;
}

/** Uses this certificate from the next handshake on; open connections continue. */
export function replaceServerCertificate(app: App, tls: ServerTls): void {
  if (!(app.server instanceof Server)) throw new Error('the application does not serve TLS');
  app.server.setSecureContext(secureContext(tls));
}

/** Those of TLS 1.3, and of 1.2 only those that authenticate what they encrypt; the server's key is always P-256. */
const suites = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
];

/** All settings that node:tls drops when the certificate is replaced. */
function secureContext({ certificate, key, clientAuthorities }: ServerTls): SecureContextOptions {
  return {
    cert: certificate,
    key,
    ca: clientAuthorities,
    minVersion: 'TLSv1.2',
    ciphers: suites.join(':'),
    // A resumed session was seen to stay `authorized` after its certificate's end, and so was a connection that was
    // renegotiated with a forged certificate (R8).
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
