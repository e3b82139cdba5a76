import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import { logOrderHeader, takesHeader, takesLogOrders } from '@picket/shared/protocol/logs.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyRequest } from 'fastify';
import { requestedCertificate } from '../desired-state/requested-certificate.ts';
import type { Publication } from '../executor/publication-board.ts';
import { bootWatch } from '../identity/boot-watch.ts';
import { freezeIdentity, requireNotFrozen } from '../identity/freeze-identity.ts';
import { renewIdentity } from '../identity/renew-identity.ts';
import { keptReport } from '../model/kept-report.ts';
import { advance } from '../operations/advance.ts';
import { signRoot } from '../operations/sign-root.ts';
import { backupCopyFor, backupCopyRoutes } from './backup-copies.ts';
import type { ApiDeps } from './deps.ts';
import { nodeOf } from './mutual-tls.ts';
import { ownMemberRoutes } from './own-member.ts';
import { waitsForNode } from './rendered-within.ts';
import { refuseUntilReadopted, refuseWhileWithheld } from './resting.ts';
import { type App, route } from './route.ts';

const longestWaitSeconds = 60;

/** What a node may request: only about itself (R8). */
export function nodeRoutes(app: App, deps: ApiDeps): void {
  const { executor, history, publications, statuses, logs } = deps;
  const boots = bootWatch();

  /** Publications from before a restore are the lost coordinator's, and may hold permits that have ended (R2, R5). */
  function inForce(nodeId: string): Publication | null {
    const publication = publications.current(nodeId);
    return publication?.epoch === (deps.restoration.epoch?.name ?? null) ? publication : null;
  }

  function longestWait(request: FastifyRequest, seconds: number): AbortSignal {
    return AbortSignal.any([deps.timeout(seconds * 1000), request.signal, app.closing.signal]);
  }

  route(app, nodeContracts.desiredState, { quota: 'polls' }, async (request, reply) => {
    const { nodeId, cluster } = nodeOf(request);
    refuseUntilReadopted(deps, nodeId);
    // "Unchanged" would extend the leases of a coordinator that may be behind (R5); without an answer, they end.
    refuseWhileWithheld(deps, cluster, nodeId);
    const seconds = Math.min(longestWaitSeconds, Number(request.query.wait ?? '0'));
    const shown = request.headers['if-none-match'] ?? null;
    const etag = inForce(nodeId) === null ? (publications.current(nodeId)?.etag ?? shown) : shown;
    if (seconds > 0 && !logs.awaits(nodeId)) await publications.changed(nodeId, etag, longestWait(request, seconds));
    // A poll can outlive its certificate: a node that was revoked or evicted meanwhile gets no answer (R8).
    if (seconds > 0) app.judge(request);
    if (await executor.keepUp(nodeOf(request).cluster)) app.judge(request);
    // The cluster may have been deleted meanwhile, and its name may be another one's.
    const { cluster: present } = nodeOf(request);
    refuseWhileWithheld(deps, present, nodeId);
    const held = inForce(nodeId);
    if (held === null && shown !== null && deps.restoration.current !== null) {
      throw failure('node_not_heard', { nodeId });
    }
    const publication = held !== null && held.etag !== shown ? held : null;
    reply.header('cache-control', 'no-store');
    // `picket-agent once` does not wait, and carries out no orders.
    if (seconds > 0 && !request.signal.aborted) {
      const order = logs.fetch(nodeId, request.headers[takesHeader] === takesLogOrders);
      if (order !== null) reply.header(logOrderHeader, JSON.stringify(order));
    }
    if (publication === null) return reply.code(304).send();
    return reply.header('etag', publication.etag).type('application/json').send(publication.body);
  });

  route(app, nodeContracts.certificate, async (request) => {
    const node = nodeOf(request);
    const { uri, nodeId, cluster, nodeRole } = node;
    const { purpose, csr } = request.body;
    refuseUntilReadopted(deps, nodeId);
    if (purpose === 'identity') {
      const renewed = await renewIdentity(deps, node, csr);
      app.judge(request);
      return { certificate: renewed };
    }
    requireNotFrozen(nodeId, deps.directory.identityOf(nodeId)?.frozen ?? null);
    const { record } = executor.situation(cluster);
    const wanted = requestedCertificate(record, nodeRole, purpose);
    if (wanted === null) throw failure('purpose_not_wanted', { purpose });
    // Recorded first: it is signed once.
    if (purpose === 'root') await executor.run(cluster, signRoot(nodeRole.kind === 'member' ? nodeRole.member : null));
    const { publicKey, spki } = readCsr(csr);
    const { certificate } = await deps.authorities.issue({
      ...wanted,
      cluster: { id: record.id, name: cluster },
      principal: uri,
      publicKey,
      spki,
    });
    // It may have been evicted while the certificate was recorded: then it gets none.
    app.judge(request);
    return { certificate: certificate.pem };
  });

  ownMemberRoutes(app, deps);
  backupCopyRoutes(app, deps);

  route(app, nodeContracts.report, { quota: 'reports' }, async (request) => {
    const { nodeId, cluster, nodeRole } = nodeOf(request);
    if (boots.showsCopy(nodeId, request.body)) await freezeIdentity(deps, nodeId, reason('two_runs_report'));
    statuses.accept(nodeId, request.body, keptReport[nodeRole.kind]);
    const latest = statuses.latest(nodeId);
    if (nodeRole.kind === 'member' && latest !== null) history.note(nodeId, latest.status);
    const { record } = await executor.run(cluster, advance);
    const { waits } = executor.situation(record.spec.name);
    const name = nodeRole.kind === 'member' ? nodeRole.member : null;
    const member = record.spec.members.find((one) => one.name === name) ?? null;
    const backupCopy = backupCopyFor(deps, nodeId, member);
    return {
      everySeconds: deps.reportSeconds,
      now: isoTime(deps.now()),
      waitsFor: waitsForNode(waits, cluster),
      takesLogFacts: true as const,
      ...(backupCopy === null ? {} : { backupCopy }),
      mark: statuses.mark(),
    };
  });
}
