import { nodeContracts } from '@picket/shared/contract/node.ts';
import { failure } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import { logOrderHeader, takesHeader, takesLogOrders } from '@picket/shared/protocol/logs.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { requestedCertificate } from '../desired-state/requested-certificate.ts';
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
import { publicationInForce } from './waiting-polls.ts';

/** What a node may request: only about itself (R8). */
export function nodeRoutes(app: App, deps: ApiDeps): void {
  const { executor, history, statuses, logs } = deps;
  const boots = bootWatch();

  // What waits in it, and most of what ends unchanged, is in waiting-polls.ts: here a poll is answered at once.
  route(app, nodeContracts.desiredState, { quota: 'polls' }, async (request, reply) => {
    const { nodeId, cluster } = nodeOf(request);
    refuseUntilReadopted(deps, nodeId);
    if (await executor.keepUp(cluster)) app.judge(request);
    // The cluster may have been deleted meanwhile, and its name may be another one's.
    const { cluster: present } = nodeOf(request);
    // "Unchanged" would extend the leases of a coordinator that may be behind (R5); without an answer, they end.
    refuseWhileWithheld(deps, present, nodeId);
    const shown = request.headers['if-none-match'] ?? null;
    const held = publicationInForce(deps, nodeId);
    if (held === null && shown !== null && deps.restoration.current !== null) {
      throw failure('node_not_heard', { nodeId });
    }
    reply.header('cache-control', 'no-store');
    // `picket-agent once` does not wait, and carries out no orders.
    if (Number(request.query.wait ?? '0') > 0 && !request.raw.socket.destroyed) {
      const order = logs.fetch(nodeId, request.headers[takesHeader] === takesLogOrders);
      if (order !== null) reply.header(logOrderHeader, JSON.stringify(order));
    }
    if (held === null || held.etag === shown) return reply.code(304).send();
    return reply.header('etag', held.etag).type('application/json').send(held.body);
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
