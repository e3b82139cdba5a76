import type { UpgradePause } from '@picket/coordinator/model/upgrade-progress.ts';

/** What a node may claim in its reports that is not so. Of a list of members it may claim what it likes. */
export const lies = [
  'healthy',
  'ill',
  'settled',
  'cluster',
  'member',
  'generation',
  'inventory',
  'epoch',
  'forged',
  'index',
  'leader',
  'run',
  'incarnation',
  'refuses',
  'all-voters',
  'all-learners',
  'doubled',
  'drops',
  'adds',
] as const;
export type Lie = (typeof lies)[number];

/** What the adversary may do. Every act is possible at any time; where it makes no sense it does nothing. */
export type Act =
  | { readonly do: 'join' | 'poll' | 'act' | 'begin-report' | 'report'; readonly node: number }
  | {
      readonly do: 'orphan-report' | 'readopt' | 'upgrade' | 'crash-agent' | 'start-agent' | 'host-down' | 'host-up';
      readonly node: number;
    }
  | { readonly do: 'stall'; readonly node: number; readonly seconds: number }
  | { readonly do: 'slow' | 'polls-lost' | 'reports-lost'; readonly node: number; readonly on: boolean }
  | { readonly do: 'wipe'; readonly node: number; readonly everything: boolean }
  | { readonly do: 'other-version'; readonly node: number; readonly on: boolean }
  | { readonly do: 'replace'; readonly node: number; readonly force: boolean }
  | { readonly do: 'new-machine' | 'order-restart' | 'hold' | 'release' | 'release-here'; readonly node: number }
  | { readonly do: 'grow' | 'shrink'; readonly by: 1 | 2 }
  | { readonly do: 'exchange'; readonly node: number; readonly out: 1 | 2; readonly more: -1 | 0 | 1 | 2 }
  | { readonly do: 'delete' | 'rescue'; readonly force: boolean }
  | { readonly do: 'lie'; readonly node: number; readonly lie: Lie | null }
  | { readonly do: 'set-clock'; readonly seconds: number }
  | { readonly do: 'deliver-answer' | 'lose-answer' | 'lose-report'; readonly index: number }
  | { readonly do: 'deliver-report'; readonly index: number; readonly again: boolean }
  | { readonly do: 'roll-back'; readonly changes: number }
  | { readonly do: 'arm-crash'; readonly at: 'before-commit' | 'after-commit' }
  | {
      readonly do:
        | 'crash-coordinator'
        | 'start-coordinator'
        | 'flush'
        | 'reset'
        | 'change-tuning'
        | 'break-tuning'
        | 'revert-tuning'
        | 'revert-members'
        | 'abort'
        | 'unfreeze'
        | 'back-up'
        | 'restore'
        | 'restore-snapshot'
        | 'copy-disk'
        | 'pause'
        | 'resume';
    }
  | { readonly do: 'allow-downtime' | 'old-coordinator'; readonly on: boolean }
  /** `breaks`: no etcd of that version ever serves. `far`: past the next minor version. `pauses`: where it waits for an operator. */
  | {
      readonly do: 'upgrade-cluster';
      readonly breaks: boolean;
      readonly far: boolean;
      readonly pauses: readonly UpgradePause[];
    }
  | { readonly do: 'downgrade-cluster' }
  | { readonly do: 'write'; readonly skip: number }
  | { readonly do: 'sleep'; readonly seconds: number }
  | { readonly do: 'run'; readonly seconds: number; readonly coordinator: boolean; readonly mends: number };

/** As a history tells it; `name` is the node that it is about. */
export function actInWords(act: Act, name: string): string {
  switch (act.do) {
    case 'join':
      return `the machine of ${name} joins`;
    case 'poll':
      return `${name} asks for its desired state, and the answer is held up`;
    case 'act':
      return `the agent of ${name} does what is due`;
    case 'begin-report':
      return `the agent of ${name} begins to look for a report`;
    case 'report':
      return `${name} reports, and that is held up`;
    case 'orphan-report':
      return `${name} reports, that is held up, and its agent is restarted`;
    case 'upgrade':
      return `another etcd of the same minor version is installed on ${name}`;
    case 'other-version':
      return `${act.on ? 'another minor version of etcd' : 'the former minor version of etcd'} is installed on ${name}`;
    case 'crash-agent':
      return `the agent of ${name} is killed`;
    case 'start-agent':
      return `the agent of ${name} is started`;
    case 'host-down':
      return `${name} loses its power`;
    case 'host-up':
      return `${name} has power again`;
    case 'stall':
      return `the agent of ${name} stalls for ${act.seconds} s`;
    case 'slow':
      return act.on ? `the etcd of ${name} gets no entries of the log` : `the etcd of ${name} gets entries again`;
    case 'polls-lost':
      return act.on ? `answers to ${name} are lost from now on` : `answers to ${name} get through again`;
    case 'reports-lost':
      return act.on ? `reports of ${name} are lost from now on` : `reports of ${name} get through again`;
    case 'wipe':
      return act.everything ? `the card of ${name} is replaced by a blank one` : `the data of ${name} is wiped`;
    case 'replace':
      return `an operator would replace ${name}${act.force ? ', by force' : ''}`;
    case 'shrink':
      return `an operator takes ${act.by === 1 ? 'the last member' : 'the last two members'} out of the spec`;
    case 'grow':
      return act.by === 1 ? 'an operator declares another member' : 'an operator declares two more members';
    case 'exchange': {
      const others = act.out + act.more === 1 ? 'another one' : `${act.out + act.more} others`;
      return `an operator declares ${others} instead of ${act.out === 1 ? name : `${name} and the next one`}`;
    }
    case 'revert-members':
      return 'an operator declares the members from before the last change again';
    case 'delete':
      return `an operator deletes the cluster${act.force ? ', by force' : ''}`;
    case 'rescue':
      return `an operator would restore what is left of the cluster without a quorum${act.force ? ', by force' : ''}`;
    case 'order-restart':
      return `an operator would restart the etcd of ${name}`;
    case 'hold':
      return `an operator would hold ${name}, with its etcd stopped, or extend its hold`;
    case 'release-here':
      return `root on ${name} releases it without a coordinator`;
    case 'release':
      return `an operator would release ${name}`;
    case 'new-machine':
      return `the machine of ${name} is switched off, and another joins in its place`;
    case 'lie':
      return `from now on ${name} says ${lieInWords(act.lie)}`;
    case 'deliver-answer':
      return `answer ${act.index} of those that are held up arrives`;
    case 'lose-answer':
      return `answer ${act.index} of those that are held up is lost`;
    case 'lose-report':
      return `report ${act.index} of those that are held up is lost`;
    case 'deliver-report':
      return `report ${act.index} of those that are held up arrives${act.again ? ', and may arrive once more' : ''}`;
    case 'arm-crash':
      return `the coordinator will crash at its next change, ${act.at === 'before-commit' ? 'before' : 'after'} it is kept`;
    case 'crash-coordinator':
      return 'the coordinator is killed';
    case 'start-coordinator':
      return 'the coordinator is started';
    case 'set-clock':
      return `the clock of the coordinator is set ${act.seconds > 0 ? 'ahead' : 'back'} by ${Math.abs(act.seconds)} s`;
    case 'flush':
      return 'the coordinator keeps the reports that it has';
    case 'reset':
      return 'an operator would reset the formation';
    case 'change-tuning':
      return 'an operator changes the settings';
    case 'break-tuning':
      return 'an operator changes the settings to such as etcd cannot run with';
    case 'revert-tuning':
      return 'an operator changes the settings back';
    case 'abort':
      return 'an operator aborts the rollout';
    case 'pause':
      return 'an operator pauses the rollout';
    case 'resume':
      return 'an operator resumes the rollout';
    case 'allow-downtime':
      return `an operator ${act.on ? 'allows' : 'forbids'} downtime`;
    case 'unfreeze':
      return 'an operator unfreezes the cluster';
    case 'back-up':
      return 'the store of the coordinator is backed up';
    case 'restore':
      return 'the coordinator is restored from its backup, and nodes reach that one; the one before runs on';
    case 'restore-snapshot':
      return 'an operator would restore a snapshot of the cluster, without force';
    case 'copy-disk':
      return 'the disk of the coordinator is copied';
    case 'roll-back':
      return `the disk of the coordinator is put back to the copy, and operators change settings ${act.changes} times`;
    case 'old-coordinator':
      return act.on ? 'nodes reach the first coordinator again' : 'nodes reach the coordinator that was restored last';
    case 'readopt':
      return `an operator takes ${name} up again`;
    case 'upgrade-cluster':
      return `an operator would upgrade the cluster to the ${act.far ? 'last' : 'next'} minor version of etcd${act.breaks ? ', which never serves' : ''}`;
    case 'downgrade-cluster':
      return 'an operator would bring the cluster back to the minor version of etcd before';
    case 'write':
      return `a client writes, and ${name} gets it later`;
    case 'sleep':
      return `${act.seconds} s pass in which nobody does anything`;
    case 'run':
      return `everybody runs for ${act.seconds} s; ${name} is mended`;
  }
}

function lieInWords(lie: Lie | null): string {
  switch (lie) {
    case null:
      return 'the truth again';
    case 'healthy':
      return 'that its etcd serves';
    case 'ill':
      return 'that its etcd does not serve';
    case 'settled':
      return 'that it needs no restart and has served for long';
    case 'cluster':
      return 'that its etcd is in another cluster';
    case 'member':
      return 'that its etcd is another member';
    case 'generation':
      return 'that it has seen more generations than there are';
    case 'inventory':
      return 'that it follows another coordinator';
    case 'epoch':
      return 'that it follows a coordinator that was restored later';
    case 'forged':
      return 'that it has seen more generations than there are, with a seal that it has made up';
    case 'index':
      return 'that its etcd has applied more entries than anybody ever will';
    case 'leader':
      return 'that its etcd leads';
    case 'run':
      return 'that its agent has been started more often than anybody ever will';
    case 'incarnation':
      return 'that its etcd runs another incarnation';
    case 'refuses':
      return 'that etcd has refused what it was asked for';
    case 'drops':
      return 'that another member is none any more';
    case 'adds':
      return 'that there is a voter that nobody has declared';
    case 'all-voters':
      return 'that every member is a voter';
    case 'doubled':
      return 'that a learner has the ID of the member before it';
    case 'all-learners':
      return 'that every member but itself is a learner that has not started';
  }
}
