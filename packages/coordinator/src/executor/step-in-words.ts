import type { Step } from '../controller/model.ts';
import { taskInWords } from '../controller/upkeep-model.ts';

/** A step as the event log tells it. */
export function stepInWords(step: Step): string {
  switch (step.kind) {
    case 'found':
      return `${step.member} founds the cluster`;
    case 'record-cluster':
      return `${step.member} has founded the cluster ${step.clusterId} as member ${step.memberId}`;
    case 'record-version':
      return `the cluster runs etcd ${step.minor}`;
    case 'assign':
      return `${step.executor} is asked to ${step.mutation.kind} ${step.mutation.member}`;
    case 'withdraw-assignment':
      return `to ${step.mutation.kind} ${step.mutation.member} is no longer asked for: ${step.reason}`;
    case 'forget-assignment':
      return `to ${step.mutation.kind} ${step.mutation.member}, which was asked for before, can no longer be done`;
    case 'record-unfit':
      return `${step.member} will not be promoted: ${step.reason}`;
    case 'record-learner':
      return `${step.member} is a learner (${step.memberId})`;
    case 'record-caught-up':
      return `${step.member} follows the leader`;
    case 'record-lagging':
      return `${step.member} no longer follows the leader`;
    case 'record-voter':
      return `${step.member} is a voter`;
    case 'record-undeclared':
      return step.members.length === 0
        ? 'etcd lists no voter any more that nobody declared'
        : `etcd lists voters that nobody declared: ${step.members.map(({ name, id }) => `${name || 'not started'} (${id})`).join(', ')}`;
    case 'record-removed':
      return `${step.member} (${step.memberId}) is out: ${step.reason}`;
    case 'forget-lives':
      return `${step.lives.map(({ member, incarnation }) => `the former life ${incarnation} of ${member}`).join(', ')}: put away, and no longer kept`;
    case 'retire-life':
      return `the life ${step.incarnation} of ${step.member} is over: a coordinator from before the restore gave it, and etcd does not list it`;
    case 'grant-permit':
      return `${step.member} may restart its etcd`;
    case 'withdraw-permit':
      return `the permit of ${step.member} is withdrawn: ${step.reason}`;
    case 'close-permit':
      return step.outcome === 'confirmed'
        ? `${step.member} is back and has stayed healthy`
        : `the permit of ${step.member} has lapsed`;
    case 'assign-snapshot':
      return `${step.executor} is asked for a snapshot: ${step.why}`;
    case 'withdraw-snapshot':
      return `the snapshot is no longer asked for: ${step.reason}`;
    case 'record-snapshot':
      return `the snapshot ${step.id} is kept and was found good`;
    case 'release-configuration':
      return `${step.member} is given revision ${step.configuration.revision} of the settings`;
    case 'confirm-configuration':
      return `${step.member} runs with its settings`;
    case 'put-back-configuration':
      return `${step.member} gets its last good conf.yml again, and the rollout stops: ${step.reason}`;
    case 'settle-configuration':
      return `all members have revision ${step.configuration.revision} of the settings`;
    case 'record-no-space':
      return `the database of ${step.members.join(', ')} is full (NOSPACE): etcd takes no writes until there is room`;
    case 'assign-upkeep':
      return `${step.executor} is asked to ${taskInWords[step.task]}`;
    case 'withdraw-upkeep':
      return `it is no longer asked for: ${step.reason}`;
    case 'record-compaction':
      return `${step.member} has dropped the history of the keys: ${step.reason}`;
    case 'grant-defragmentation':
      return `${step.member} may defragment its database: ${step.why}`;
    case 'record-defragmentation':
      return step.outcome === 'done'
        ? `${step.member} has defragmented its database (${step.reason}) and serves`
        : `${step.member} has not defragmented its database: ${step.reason}`;
    case 'record-space':
      return step.by === null
        ? 'NOSPACE is no longer raised, by another hand: etcd takes writes again'
        : `${step.by} has disarmed NOSPACE: etcd takes writes again`;
    case 'freeze':
      return `frozen: ${step.reason}`;
    case 'quarantine':
      return `the node ${step.nodeId} of ${step.name} is quarantined: ${step.reason}`;
    case 'end-quarantine':
      return `the node ${step.nodeId} of ${step.name} is no longer quarantined: ${step.reason}`;
  }
}
