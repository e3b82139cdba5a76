import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { AuthenticationState } from '@picket/shared/protocol/authentication.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { authenticationSeen } from '../model/authentication-seen.ts';
import type { Instant } from '../model/instant.ts';
import { switchAuthentication } from '../operations/switch-authentication.ts';
import { changedCluster } from './audited.ts';
import type { ApiDeps } from './deps.ts';
import { byOperator } from './mutual-tls.ts';
import { type App, route } from './route.ts';

/** What operators do with etcd's authentication. */
export function authenticationRoutes(app: App, { executor, now }: ApiDeps): void {
  route(app, clusterContracts.authenticationState, async ({ params }) =>
    authenticationState(executor.situation(params.name), now()),
  );

  // It decides who may read and write all data.
  route(
    app,
    clusterContracts.switchAuthentication,
    { audit: { object: 'cluster :name', asks: ['enabled', 'force'] } },
    async (request, reply) => {
      const { enabled: enable, force = false } = request.body;
      const by = byOperator(request);
      const done = await executor.run(request.params.name, switchAuthentication({ enable, force, by }));
      changedCluster(request, done);
      return reply.code(202).send({ id: done.result });
    },
  );
}

function authenticationState({ record, status }: ClusterSituation, now: Instant): WithoutMessages<AuthenticationState> {
  const { spec, progress } = record;
  const { task, failure } = progress.authentication;
  return {
    enabled: authenticationSeen({ spec, progress, status, now }),
    task: task && { id: task.id, enable: task.enable, member: task.executor, since: isoTime(task.issuedAt) },
    failure: failure && { ...failure, at: isoTime(failure.at) },
  };
}
