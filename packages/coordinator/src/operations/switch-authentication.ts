import { failure } from '@picket/shared/errors.ts';
import { clientName } from '@picket/shared/etcd-config/certificate-names.ts';
import { adviceOnAuthentication } from '@picket/shared/reasons/authentication-advice.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { underWay } from '../controller/under-way.ts';
import { nameOf } from '../inventory/inventory.ts';
import { authenticationSeen } from '../model/authentication-seen.ts';
import { isPicketKeptOut, leads, servingVoters, voters } from '../model/health.ts';
import { isDeclared } from '../model/member-names.ts';
import { risks } from '../model/risks.ts';
import type { Situation } from '../model/situation.ts';
import { idOf, type Operation, taking } from './operation.ts';
import { requireNotDeleted, requireNotRestoring } from './require-orderable.ts';

/**
 * Orders a voter to switch etcd's authentication on or off. On only if each voter serves and its agent could administer
 * etcd then, and, without `force`, if each node of the cluster has an etcd user. Throws `cluster_restoring`,
 * `authentication_refused`, `etcd_authentication_on`.
 */
export function switchAuthentication({
  enable,
  force,
  by,
}: {
  readonly enable: boolean;
  readonly force: boolean;
  readonly by: string;
}): Operation<string> {
  return {
    decide(situation) {
      const { spec, progress, nodes } = situation;
      requireNotDeleted(situation);
      requireNotRestoring(situation);
      const wanted = enable ? 'on' : 'off';
      const refuse = (why: Reason) => {
        const advice = adviceOnAuthentication(why, spec.name);
        return failure('authentication_refused', { cluster: spec.name, wanted, reason: why, advice });
      };
      const { frozen } = progress;
      if (frozen !== null) throw refuse(reason('is_frozen', { why: frozen }));
      const on = authenticationSeen(situation);
      if (on === null) throw refuse(reason('authentication_unseen'));
      if (on === enable) throw failure('already_so', { reason: reason('authentication_is', { on }) });
      const busy = progress.corruption.since === null ? underWay(situation) : reason('comparison_first');
      if (busy !== null) throw refuse(busy);
      const obstacle = enable ? obstacleTo(situation) : null;
      if (obstacle !== null) throw refuse(obstacle);
      const executor = whoSwitches(situation);
      if (executor === null && isPicketKeptOut(situation)) {
        const refused = 'Authentication is not switched off';
        throw failure('etcd_authentication_on', { cluster: spec.name, refused });
      }
      if (executor === null) throw refuse(reason('no_voter_serves'));
      const held = nodes.filter(({ evictedAt }) => evictedAt === null).map((node) => clientName(nameOf(node)));
      const clients = enable && !force ? held : [];
      const why = reason('asked_for', { by });
      const outcome = taking(situation, { kind: 'assign-authentication', executor, enable, clients, why });
      return { ...outcome, result: idOf(outcome.progress.authentication.task) };
    },
  };
}

/** A member that does not serve may lack what it needs then, and nothing could be repaired after that (R16). */
function obstacleTo(situation: Situation): Reason | null {
  const ailments = risks(situation);
  if (ailments.length > 0) return reason('all_serve_first', { ailments });
  const unready = voters(situation).flatMap(([member]) => {
    const ready = situation.status.nodes[member]?.status?.service.etcdctlReady;
    return ready === true ? [] : [reason('of_member', { member, why: ready ?? reason('etcdctl_unknown') })];
  });
  return unready.length > 0 ? reason('etcdctl_unready', { members: unready }) : null;
}

/** A voter that serves; not the leader if another one does. */
function whoSwitches(situation: Situation): string | null {
  const able = servingVoters(situation).filter((name) => isDeclared(situation.spec, name));
  return able.find((name) => !leads(situation, name)) ?? able[0] ?? null;
}
