import type { UpgradePause } from '@picket/coordinator/model/upgrade-progress.ts';
import type { Act } from './acts.ts';
import type { Schedule } from './schedule.ts';

/** Histories that broke the controller or a mutant of it, kept short: random ones reach them too seldom. */
export interface KnownHistory {
  readonly name: string;
  readonly schedule: Schedule;
}

/** Everybody goes on; of what the adversary did to nodes only the given one's is undone. */
function run(seconds: number, mends: number): Act {
  return { do: 'run', seconds, coordinator: true, mends };
}

function each(seconds: number, mends: number): readonly Act[] {
  return Array.from({ length: seconds }, () => run(1, mends));
}

/** One report, from its look to its arrival, while nobody else does anything. */
function reports(node: number): readonly Act[] {
  return [
    { do: 'begin-report', node },
    { do: 'report', node },
    { do: 'deliver-report', index: 0, again: false },
  ];
}

/** Nodes become members only after the backup, and the last of them loses its disk before the coordinator is restored. */
function lostSinceTheBackup(newcomers: readonly number[], everything: boolean): Schedule {
  const lost = newcomers.at(-1) ?? 0;
  const joins = newcomers.map((node) => ({ do: 'join', node }) as const);
  const acts: readonly Act[] = [
    ...joins,
    { do: 'back-up' },
    run(60, 0),
    { do: 'wipe', node: lost, everything },
    { do: 'restore' },
  ];
  return { members: 3, warm: 1, acts };
}

/** The coordinator from before a restore runs on and adds voters: these acts come before the restore, and those while a voter is added. */
function votersOfReplaced(before: readonly Act[], meanwhile: readonly Act[]): Schedule {
  const acts: readonly Act[] = [
    { do: 'join', node: 3 },
    { do: 'back-up' },
    run(1, 0),
    ...before,
    { do: 'restore' },
    run(1, 0),
    { do: 'readopt', node: 3 },
    { do: 'old-coordinator', on: true },
    { do: 'join', node: 0 },
    ...meanwhile,
    { do: 'deliver-report', index: 0, again: false },
    { do: 'crash-agent', node: 0 },
    { do: 'join', node: 1 },
    { do: 'deliver-answer', index: 0 },
    run(8, 0),
  ];
  return { members: 4, warm: 0, acts };
}

/** Systems are upgraded to another minor version of etcd, and lose their power; these acts name the release that is wanted then. */
function revivedBy(wants: readonly Act[]): readonly Act[] {
  const nodes = [0, 1, 2, 3, 4];
  return [
    run(15, 0),
    ...nodes.map((node) => ({ do: 'other-version', node, on: true }) as const),
    ...nodes.map((node) => ({ do: 'host-down', node }) as const),
    ...nodes.map((node) => ({ do: 'host-up', node }) as const),
    run(15, 4),
    ...wants,
    run(400, 4),
  ];
}

/** Settings are released after the disk was copied. */
const changedSinceCopy: readonly Act[] = [{ do: 'copy-disk' }, { do: 'change-tuning' }, run(8, 0)];

/** A founder that has not reported is given new settings at once: no member comes before it. */
const changedWhileFounding: readonly Act[] = [
  ...[0, 1, 2].map((node) => ({ do: 'join', node }) as const),
  run(1, 1),
  { do: 'reports-lost', node: 0, on: true },
  { do: 'copy-disk' },
  { do: 'change-tuning' },
  run(3, 1),
  { do: 'reports-lost', node: 0, on: false },
];

export const knownHistories: readonly KnownHistory[] = [
  {
    name: 'R3 a member list from before a learner was added, late on its way, does not remove it',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'orphan-report', node: 0 },
        { do: 'join', node: 1 },
        run(10, 0),
        // A coordinator that has just started no longer knows which run of the agent is the latest.
        { do: 'crash-coordinator' },
        { do: 'start-coordinator' },
        { do: 'deliver-report', index: 0, again: false },
        run(10, 0),
      ],
    },
  },
  {
    name: 'R2 reports from before the permit, late from a run of the agent that has ended, confirm nothing',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'report', node: 1 },
        { do: 'orphan-report', node: 1 },
        run(15, 2),
        { do: 'upgrade', node: 1 },
        { do: 'upgrade', node: 2 },
        run(1, 2),
        { do: 'stall', node: 1, seconds: 60 },
        run(11, 2),
        { do: 'crash-coordinator' },
        { do: 'start-coordinator' },
        { do: 'deliver-report', index: 0, again: false },
        run(11, 2),
        { do: 'deliver-report', index: 0, again: false },
        run(40, 2),
      ],
    },
  },
  {
    name: 'R2 a held member that hears of its hold late does not go down beside another, which restarts meanwhile',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        run(15, 2),
        { do: 'hold', node: 1 },
        { do: 'upgrade', node: 2 },
        { do: 'stall', node: 1, seconds: 8 },
        ...each(15, 2),
        // Its machine is booted, and it is back.
        { do: 'host-down', node: 1 },
        run(40, 2),
        { do: 'host-up', node: 1 },
        run(130, 2),
        { do: 'hold', node: 1 },
        ...each(15, 2),
        { do: 'crash-coordinator' },
        { do: 'start-coordinator' },
        run(130, 2),
        { do: 'release', node: 1 },
        run(130, 2),
        { do: 'order-restart', node: 1 },
        run(130, 2),
      ],
    },
  },
  {
    name: 'R2 a hold that is extended, also by a coordinator that has restarted, keeps the others from a restart until its end',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        run(15, 2),
        { do: 'hold', node: 1 },
        ...each(15, 2),
        run(130, 2),
        { do: 'upgrade', node: 2 },
        { do: 'hold', node: 1 },
        run(130, 2),
        { do: 'crash-coordinator' },
        { do: 'start-coordinator' },
        run(130, 2),
        { do: 'hold', node: 1 },
        { do: 'order-restart', node: 2 },
        run(130, 2),
        { do: 'release', node: 1 },
        { do: 'hold', node: 1 },
        run(130, 2),
      ],
    },
  },
  {
    name: 'R2 a coordinator that wakes up after an hour does not extend a permit that it would have withdrawn meanwhile',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'order-restart', node: 2 },
        { do: 'sleep', seconds: 3600 },
        { do: 'poll', node: 2 },
      ],
    },
  },
  {
    name: 'R2 a permit that is not used is taken back once another voter is silent',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'polls-lost', node: 0, on: true },
        { do: 'order-restart', node: 0 },
        { do: 'reports-lost', node: 1, on: true },
        ...each(60, 2),
        { do: 'polls-lost', node: 0, on: false },
        { do: 'poll', node: 0 },
      ],
    },
  },
  {
    name: 'R2 R10 a member that root releases on its machine starts its etcd, and stays held for the coordinator',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        run(15, 2),
        { do: 'hold', node: 1 },
        ...each(15, 2),
        { do: 'crash-coordinator' },
        { do: 'release-here', node: 1 },
        { do: 'upgrade', node: 2 },
        ...each(15, 1),
        { do: 'order-restart', node: 2 },
        run(130, 1),
        { do: 'release', node: 1 },
        run(130, 1),
      ],
    },
  },
  {
    name: 'R2 a member that restarts at the last moment of its permit is waited for, though its reports are lost',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'upgrade', node: 1 },
        { do: 'upgrade', node: 2 },
        { do: 'polls-lost', node: 1, on: true },
        run(1, 2),
        // It has the permit from a request that was sent just before the withdrawal.
        ...each(120, 2),
        { do: 'polls-lost', node: 1, on: false },
        { do: 'poll', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        ...each(89, 2),
        { do: 'reports-lost', node: 1, on: true },
        { do: 'deliver-answer', index: 0 },
        { do: 'act', node: 1 },
        ...each(10, 2),
      ],
    },
  },
  {
    name: 'R3 of three voters that all leave for one newcomer, one that does not serve does not leave before it comes',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        // No member changes before it has ended.
        { do: 'order-restart', node: 1 },
        run(1, 2),
        { do: 'crash-agent', node: 0 },
        { do: 'shrink', by: 2 },
        { do: 'exchange', node: 0, out: 1, more: 0 },
      ],
    },
  },
  {
    name: 'R4 an incarnation that its node does not know to be retired never starts in the place of the next',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'join', node: 1 },
        run(1, 2),
        { do: 'polls-lost', node: 1, on: true },
        run(8, 2),
        { do: 'polls-lost', node: 1, on: false },
        { do: 'poll', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        { do: 'reset' },
        run(15, 2),
        { do: 'deliver-answer', index: 0 },
        { do: 'act', node: 1 },
        run(40, 1),
      ],
    },
  },
  {
    name: 'R2 a clock that is set back while settings are on trial does not make the next member wait for days',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'change-tuning' },
        { do: 'allow-downtime', on: true },
        { do: 'set-clock', seconds: -172_800 },
        { do: 'orphan-report', node: 0 },
      ],
    },
  },
  {
    name: 'R2 a clock that is set ahead ends no lease',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'change-tuning' },
        { do: 'polls-lost', node: 1, on: true },
        ...each(121, 2),
        { do: 'polls-lost', node: 1, on: false },
        { do: 'poll', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        ...each(3, 2),
        { do: 'set-clock', seconds: 3600 },
        run(10, 2),
        { do: 'deliver-answer', index: 0 },
        { do: 'act', node: 1 },
        ...each(10, 2),
      ],
    },
  },
  {
    name: 'R2 a permit from before a freeze is waited for, also when an operator ends the freeze at once',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'upgrade', node: 1 },
        { do: 'upgrade', node: 2 },
        { do: 'polls-lost', node: 1, on: true },
        ...each(12, 2),
        { do: 'polls-lost', node: 1, on: false },
        { do: 'poll', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        { do: 'lie', node: 0, lie: 'generation' },
        ...each(2, 2),
        { do: 'lie', node: 0, lie: null },
        ...each(2, 2),
        { do: 'unfreeze' },
        ...each(10, 2),
        { do: 'deliver-answer', index: 0 },
        { do: 'act', node: 1 },
        ...each(10, 2),
      ],
    },
  },
  {
    name: 'R2 an answer that lay in a socket is no leave any more when it is read',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'upgrade', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        run(2, 2),
        { do: 'polls-lost', node: 1, on: false },
        { do: 'poll', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        run(130, 2),
        run(130, 2),
        { do: 'deliver-answer', index: 0 },
        { do: 'act', node: 1 },
      ],
    },
  },
  {
    name: 'R2 a permit that an agent finds on its disk is no leave any more',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'upgrade', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        run(2, 2),
        { do: 'polls-lost', node: 1, on: false },
        { do: 'poll', node: 1 },
        { do: 'polls-lost', node: 1, on: true },
        { do: 'deliver-answer', index: 0 },
        { do: 'crash-agent', node: 1 },
        run(130, 2),
        run(130, 2),
        { do: 'start-agent', node: 1 },
        { do: 'act', node: 1 },
      ],
    },
  },
  {
    name: 'R3 a voter that a lie has made pass for a learner is not removed',
    schedule: {
      members: 4,
      warm: 3,
      acts: [
        { do: 'lie', node: 0, lie: 'doubled' },
        { do: 'slow', node: 3, on: true },
        { do: 'join', node: 3 },
        run(400, 2),
      ],
    },
  },
  {
    name: 'R2 a permit of the coordinator that was lost is waited for by the one that was restored',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'back-up' },
        { do: 'upgrade', node: 2 },
        { do: 'polls-lost', node: 2, on: true },
        ...each(3, 0),
        { do: 'polls-lost', node: 2, on: false },
        { do: 'poll', node: 2 },
        { do: 'polls-lost', node: 2, on: true },
        { do: 'restore' },
        { do: 'upgrade', node: 1 },
        run(2, 0),
        { do: 'readopt', node: 0 },
        { do: 'readopt', node: 1 },
        { do: 'readopt', node: 2 },
        run(3, 0),
        { do: 'deliver-answer', index: 0 },
        { do: 'act', node: 2 },
        run(40, 0),
      ],
    },
  },
  {
    name: 'R5 a node that follows the restored coordinator does not go back to the one before, which has counted on',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'back-up' },
        { do: 'restore' },
        run(2, 2),
        { do: 'readopt', node: 0 },
        { do: 'readopt', node: 1 },
        { do: 'readopt', node: 2 },
        run(15, 2),
        { do: 'old-coordinator', on: true },
        ...Array.from({ length: 6 }, () => ({ do: 'change-tuning' }) as const),
        { do: 'poll', node: 1 },
        { do: 'deliver-answer', index: 0 },
        { do: 'act', node: 1 },
      ],
    },
  },
  {
    name: 'R1 a coordinator that was restored from before the founding founds once its nodes follow it',
    schedule: {
      members: 3,
      warm: 0,
      acts: [
        { do: 'join', node: 0 },
        { do: 'join', node: 1 },
        { do: 'join', node: 2 },
        { do: 'back-up' },
        { do: 'restore' },
        run(2, 2),
        { do: 'readopt', node: 0 },
        { do: 'readopt', node: 1 },
        { do: 'readopt', node: 2 },
        run(15, 2),
      ],
    },
  },
  {
    name: 'R1 a founder that was chosen by a late report, and whose disk is lost, is given up by an operator',
    schedule: {
      members: 3,
      warm: 0,
      acts: [
        { do: 'join', node: 0 },
        { do: 'orphan-report', node: 0 },
        { do: 'wipe', node: 0, everything: true },
        { do: 'deliver-report', index: 0, again: false },
      ],
    },
  },
  {
    name: 'R16 one disk is lost, and the two other voters are only silent: nothing is restored without force',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'wipe', node: 0, everything: false },
        { do: 'reports-lost', node: 1, on: true },
        { do: 'reports-lost', node: 2, on: true },
        run(40, 0),
        { do: 'restore-snapshot' },
      ],
    },
  },
  {
    name: 'R16 of two voters that are left without a quorum, the one that has applied more gives the snapshot',
    schedule: {
      members: 5,
      warm: 5,
      acts: [
        { do: 'slow', node: 1, on: true },
        { do: 'write', skip: 1 },
        ...[2, 3, 4].map((node) => ({ do: 'host-down', node }) as const),
        run(40, 0),
        { do: 'rescue', force: true },
        run(400, 1),
      ],
    },
  },
  ...[false, true].flatMap((everything) => {
    const what = everything ? 'its whole disk' : 'its data';
    return [
      {
        name: `R3 R5 a learner that the backup does not know, and that has lost ${what}, is replaced`,
        schedule: lostSinceTheBackup([1], everything),
      },
      {
        name: `R3 R5 a voter that the backup does not know, and that has lost ${what}, is replaced by an operator`,
        schedule: lostSinceTheBackup([1, 2], everything),
      },
    ];
  }),
  {
    name: 'R3 a voter of which the only other one says that it is a learner is not taken out as one',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'lie', node: 0, lie: 'all-learners' },
        { do: 'join', node: 1 },
        run(60, 0),
        { do: 'join', node: 2 },
        { do: 'reports-lost', node: 1, on: true },
        run(800, 2),
      ],
    },
  },
  {
    name: 'R3 a voter that claims an index which nobody reaches keeps nobody else from being believed',
    schedule: {
      members: 5,
      warm: 3,
      acts: [{ do: 'lie', node: 1, lie: 'index' }, { do: 'join', node: 3 }, run(60, 0)],
    },
  },
  {
    name: 'R1 one member that reports another cluster freezes nobody but itself while a majority serves',
    schedule: { members: 3, warm: 3, acts: [{ do: 'lie', node: 1, lie: 'cluster' }, run(8, 0)] },
  },
  {
    name: 'R5 a coordinator whose disk was put back freezes once it hears of what it does not know',
    schedule: { members: 3, warm: 3, acts: [...changedSinceCopy, { do: 'roll-back', changes: 0 }] },
  },
  {
    name: 'R5 it freezes too if it published as many generations since, before a node reported',
    schedule: { members: 3, warm: 0, acts: [...changedWhileFounding, { do: 'roll-back', changes: 1 }] },
  },
  {
    name: 'R5 a node whose state another one overtakes, after the disk was put back, does not follow that',
    schedule: { members: 3, warm: 0, acts: [...changedWhileFounding, { do: 'roll-back', changes: 2 }] },
  },
  {
    name: 'R5 it freezes too if it was put back to before the first state of its epoch',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'back-up' },
        { do: 'restore' },
        run(130, 0),
        { do: 'readopt', node: 0 },
        { do: 'readopt', node: 1 },
        { do: 'copy-disk' },
        { do: 'readopt', node: 2 },
        run(8, 0),
        { do: 'roll-back', changes: 0 },
      ],
    },
  },
  {
    name: 'R5 it stays frozen, also where nobody repeats what it does not know',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        ...changedSinceCopy,
        { do: 'roll-back', changes: 0 },
        ...[0, 1, 2].map((node) => ({ do: 'reports-lost', node, on: true }) as const),
        { do: 'crash-coordinator' },
        { do: 'start-coordinator' },
        { do: 'unfreeze' },
      ],
    },
  },
  {
    name: 'R16 a lost voter that etcd may have removed already does not count for the majority that is lost',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'wipe', node: 0, everything: false },
        { do: 'stall', node: 1, seconds: 3600 },
        run(1, 0),
        { do: 'replace', node: 0, force: false },
        run(40, 2),
        { do: 'wipe', node: 1, everything: false },
        { do: 'stall', node: 1, seconds: 1 },
        ...each(2, 0),
        { do: 'restore-snapshot' },
      ],
    },
  },
  {
    name: 'R6 the founder of a restored cluster is the first member to be given what is wanted',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'break-tuning' },
        { do: 'wipe', node: 0, everything: false },
        { do: 'wipe', node: 1, everything: false },
        run(1, 0),
        { do: 'restore-snapshot' },
        run(10, 0),
      ],
    },
  },
  {
    name: 'R5 a node that says that it follows another coordinator is quarantined',
    schedule: { members: 3, warm: 3, acts: [{ do: 'lie', node: 1, lie: 'inventory' }, run(10, 0)] },
  },
  {
    name: 'R17 a member does not boot with another minor version of etcd',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'other-version', node: 1, on: true },
        { do: 'host-down', node: 1 },
        { do: 'host-up', node: 1 },
        run(40, 0),
      ],
    },
  },
  {
    name: 'R17 a permit is not used once another minor version is installed',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'upgrade', node: 1 },
        run(1, 0),
        // It has the permit, and uses it late.
        { do: 'stall', node: 1, seconds: 29 },
        { do: 'other-version', node: 1, on: true },
        ...each(31, 0),
      ],
    },
  },
  {
    name: 'a node that got an incarnation of the first coordinator, before it followed the restored one, enters again',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'join', node: 1 },
        { do: 'back-up' },
        { do: 'restore' },
        run(1, 0),
        { do: 'readopt', node: 1 },
        { do: 'readopt', node: 0 },
        { do: 'old-coordinator', on: true },
        run(130, 0),
      ],
    },
  },
  {
    name: 'R2 a permit that is out when a cluster freezes is waited for once it goes on',
    schedule: {
      members: 2,
      warm: 2,
      acts: [
        { do: 'allow-downtime', on: true },
        run(2, 0),
        { do: 'upgrade', node: 1 },
        ...reports(1),
        { do: 'poll', node: 1 },
        { do: 'deliver-answer', index: 0 },
        // It has the permit. The other is not heard any more, so that nobody serves when it lies.
        { do: 'lie', node: 1, lie: 'cluster' },
        { do: 'sleep', seconds: 37 },
        ...reports(1),
        { do: 'lie', node: 1, lie: null },
        ...reports(1),
        ...reports(0),
        { do: 'unfreeze' },
        // It uses the permit late.
        { do: 'act', node: 1 },
        run(40, 0),
      ],
    },
  },
  {
    name: 'a voter loses its data before the promotion of the third is recorded, and two of three go on',
    schedule: {
      members: 5,
      warm: 3,
      acts: [
        { do: 'join', node: 3 },
        run(400, 0),
        { do: 'replace', node: 0, force: false },
        run(1, 0),
        { do: 'crash-agent', node: 1 },
        run(40, 0),
        { do: 'wipe', node: 1, everything: false },
      ],
    },
  },
  {
    name: 'R3 what was asked for is waited for, also once it is no longer asked for',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'replace', node: 0, force: false },
        // It goes on with what it was asked for, within its lease.
        { do: 'polls-lost', node: 1, on: true },
        { do: 'new-machine', node: 2 },
        run(60, 0),
      ],
    },
  },
  {
    name: 'R5 one voter is left of those that the backup knows, and an operator says that the others are lost',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'back-up' },
        { do: 'replace', node: 1, force: false },
        { do: 'replace', node: 0, force: true },
        run(2, 0),
        { do: 'restore' },
        { do: 'old-coordinator', on: false },
      ],
    },
  },
  {
    name: 'R2 a permit that was confirmed without a restart is not used for the next one',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        // To settings with the package, which can change without a release that is fetched first.
        ...Array.from({ length: 3 }, () => ({ do: 'change-tuning' }) as const),
        run(400, 0),
        // The first member follows now, and gets new settings first.
        { do: 'change-tuning' },
        { do: 'revert-tuning' },
        run(1, 1),
        // The coordinator has just withdrawn or ended it, and cannot say so.
        { do: 'polls-lost', node: 0, on: true },
        run(15, 1),
        { do: 'upgrade', node: 0 },
        run(20, 1),
      ],
    },
  },
  {
    name: 'R3 a learner that a coordinator from before the restore has added and begun is taken out, and enters again',
    schedule: {
      members: 3,
      warm: 2,
      acts: [
        { do: 'join', node: 2 },
        { do: 'back-up' },
        { do: 'restore' },
        run(1, 0),
        { do: 'readopt', node: 1 },
        { do: 'readopt', node: 2 },
        { do: 'old-coordinator', on: true },
        run(5, 0),
        { do: 'crash-agent', node: 0 },
        { do: 'old-coordinator', on: false },
        { do: 'readopt', node: 0 },
      ],
    },
  },
  {
    name: 'R3 a learner that the coordinator from before adds once the restored one has taken over is taken out',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'join', node: 1 },
        { do: 'back-up' },
        { do: 'restore' },
        { do: 'crash-agent', node: 1 },
        run(1, 0),
        { do: 'readopt', node: 0 },
        { do: 'old-coordinator', on: true },
        run(40, 1),
      ],
    },
  },
  {
    name: 'R5 the disk is put back to a copy from just after a join, and the node has seen its first state since',
    schedule: {
      members: 3,
      warm: 2,
      acts: [
        { do: 'arm-crash', at: 'after-commit' },
        { do: 'join', node: 2 },
        { do: 'copy-disk' },
        { do: 'start-coordinator' },
        { do: 'poll', node: 2 },
        { do: 'deliver-answer', index: 0 },
        { do: 'roll-back', changes: 0 },
      ],
    },
  },
  {
    name: 'R4 a cluster is deleted while one of its nodes is off, and that node comes back',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'host-down', node: 2 },
        { do: 'delete', force: false },
        run(40, 0),
        { do: 'delete', force: true },
        run(40, 0),
        { do: 'host-up', node: 2 },
      ],
    },
  },
  {
    name: 'R3 one voter is replaced while the withdrawn removal of another is still on its way to a stalled agent',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'crash-agent', node: 2 },
        run(10, 1),
        { do: 'stall', node: 0, seconds: 33 },
        { do: 'replace', node: 1, force: false },
        run(31, 1),
        { do: 'reports-lost', node: 0, on: true },
        { do: 'replace', node: 2, force: false },
        run(10, 1),
      ],
    },
  },
  {
    name: 'R3 what the coordinator from before a restore has asked for may leave an even count',
    schedule: {
      members: 3,
      warm: 2,
      acts: [{ do: 'back-up' }, { do: 'exchange', node: 2, out: 1, more: -1 }, { do: 'restore' }],
    },
  },
  {
    name: 'R3 a coordinator from before an exchange goes on with another one, and two voters become one for that',
    schedule: {
      members: 2,
      warm: 0,
      acts: [
        { do: 'join', node: 0 },
        { do: 'back-up' },
        run(3, 0),
        { do: 'exchange', node: 0, out: 1, more: 0 },
        { do: 'restore' },
        run(1, 0),
        { do: 'readopt', node: 0 },
        run(1, 0),
        { do: 'exchange', node: 0, out: 1, more: -1 },
      ],
    },
  },
  {
    name: 'a coordinator is restored to the last step of an exchange whose way back has been gone since',
    schedule: {
      members: 1,
      warm: 1,
      acts: [
        { do: 'exchange', node: 0, out: 1, more: 0 },
        { do: 'join', node: 0 },
        run(130, 0),
        { do: 'sleep', seconds: 121 },
        run(1, 0),
        { do: 'back-up' },
        { do: 'revert-members' },
        run(130, 0),
        { do: 'restore' },
      ],
    },
  },
  {
    name: 'R1 of two members that report another cluster just after a start, neither is judged before others could report',
    schedule: {
      members: 5,
      warm: 5,
      acts: [
        { do: 'host-down', node: 0 },
        { do: 'lie', node: 2, lie: 'cluster' },
        { do: 'lie', node: 1, lie: 'cluster' },
        { do: 'arm-crash', at: 'before-commit' },
        run(1, 1),
        run(1, 1),
      ],
    },
  },
  {
    name: 'R19 a rollout has stopped at a voter that was wiped and has left since',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'change-tuning' },
        run(1, 0),
        { do: 'set-clock', seconds: 86_400 },
        { do: 'wipe', node: 1, everything: false },
        run(1, 0),
        { do: 'shrink', by: 2 },
        run(130, 0),
        { do: 'stall', node: 0, seconds: 1 },
        { do: 'replace', node: 0, force: false },
        { do: 'poll', node: 0 },
        { do: 'grow', by: 1 },
        { do: 'crash-agent', node: 0 },
      ],
    },
  },
  {
    name: 'a member joins again after the backup, and its machine joins the restored coordinator with the same incarnation',
    schedule: {
      members: 1,
      warm: 1,
      acts: [
        { do: 'exchange', node: 0, out: 1, more: 0 },
        { do: 'join', node: 0 },
        run(400, 0),
        { do: 'revert-members' },
        { do: 'back-up' },
        { do: 'join', node: 0 },
        run(15, 0),
        { do: 'restore' },
        { do: 'join', node: 0 },
        run(1, 0),
      ],
    },
  },
  {
    name: 'R19 a restored coordinator hears one voter of three, and says that it waits for one that serves',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'back-up' },
        { do: 'host-down', node: 1 },
        { do: 'host-down', node: 2 },
        { do: 'restore' },
        run(1, 0),
        { do: 'readopt', node: 0 },
        run(1, 0),
      ],
    },
  },
  {
    name: 'R19 a restore waits for the silent machine of a member that is no longer declared',
    schedule: {
      members: 2,
      warm: 3,
      acts: [
        { do: 'exchange', node: 0, out: 1, more: 0 },
        { do: 'host-down', node: 2 },
        run(130, 0),
        { do: 'rescue', force: true },
      ],
    },
  },
  {
    name: 'R19 no voter sees a leader, and the machine in the place of one that is gone has not reported',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        { do: 'new-machine', node: 4 },
        { do: 'reports-lost', node: 1, on: true },
        { do: 'new-machine', node: 0 },
        { do: 'orphan-report', node: 2 },
        { do: 'new-machine', node: 2 },
        run(1, 0),
        { do: 'deliver-report', index: 0, again: false },
      ],
    },
  },
  {
    name: 'a coordinator that was replaced by its restored one adds a voter, and an operator removes it by hand',
    schedule: votersOfReplaced([], []),
  },
  {
    name: 'a founder was chosen after the backup, and that shows only once the last member joins the restored coordinator',
    schedule: {
      members: 3,
      warm: 0,
      acts: [
        { do: 'back-up' },
        { do: 'join', node: 2 },
        { do: 'reports-lost', node: 2, on: true },
        run(1, 0),
        { do: 'restore' },
        { do: 'readopt', node: 0 },
        { do: 'poll', node: 0 },
        { do: 'join', node: 0 },
        run(1, 0),
        { do: 'write', skip: 0 },
      ],
    },
  },
  {
    name: 'a coordinator that was replaced by its restored one lets a node found, which no longer follows the restored one',
    schedule: {
      members: 1,
      warm: 0,
      acts: [
        { do: 'join', node: 0 },
        { do: 'back-up' },
        { do: 'restore' },
        run(1, 0),
        { do: 'readopt', node: 0 },
        { do: 'old-coordinator', on: true },
        { do: 'readopt', node: 0 },
        run(1, 0),
        { do: 'deliver-report', index: 0, again: false },
        { do: 'exchange', node: 0, out: 1, more: 0 },
      ],
    },
  },
  {
    name: 'a coordinator that was replaced by its restored one adds two voters, of which the last does not run',
    schedule: votersOfReplaced([], [run(130, 0)]),
  },
  {
    name: 'R3 a node joins a restored coordinator again, and is a voter that the replaced one has added since',
    schedule: votersOfReplaced([{ do: 'join', node: 2 }], [run(130, 0)]),
  },
  {
    name: 'a formation was reset after the backup, and its node hears of that only after the coordinator was restored',
    schedule: {
      members: 1,
      warm: 1,
      acts: [
        { do: 'back-up' },
        { do: 'poll', node: 0 },
        { do: 'reset' },
        { do: 'restore' },
        run(1, 0),
        { do: 'readopt', node: 0 },
        { do: 'set-clock', seconds: -86_400 },
        { do: 'deliver-answer', index: 0 },
      ],
    },
  },
  {
    name: 'the leader has a release on trial, and the package of another member has moved to another minor version',
    schedule: {
      members: 3,
      warm: 60,
      acts: [
        { do: 'change-tuning' },
        { do: 'other-version', node: 2, on: true },
        { do: 'upgrade', node: 0 },
        run(1, 0),
      ],
    },
  },
  {
    name: 'R17 a member waits for a permit to start a release, and another one, which only the release starts, is down for its package',
    schedule: {
      members: 3,
      warm: 60,
      acts: [
        { do: 'change-tuning' },
        run(1, 0),
        { do: 'other-version', node: 2, on: true },
        { do: 'host-down', node: 2 },
        { do: 'host-up', node: 2 },
        run(30, 0),
      ],
    },
  },
  {
    name: 'R17 the member that gives a release up for one that is down wants a restart for a patched package',
    schedule: {
      members: 3,
      warm: 60,
      acts: [
        { do: 'host-down', node: 0 },
        { do: 'other-version', node: 0, on: true },
        { do: 'change-tuning' },
        { do: 'upgrade', node: 1 },
        run(1, 0),
        { do: 'crash-agent', node: 0 },
        { do: 'pause' },
        { do: 'change-tuning' },
      ],
    },
  },
  {
    name: 'R17 a cluster is to grow, and a release starts the voter again that is down for its package',
    schedule: {
      members: 5,
      warm: 3,
      acts: [
        { do: 'other-version', node: 0, on: true },
        { do: 'sleep', seconds: 301 },
        { do: 'host-down', node: 0 },
        { do: 'change-tuning' },
        run(1, 1),
        { do: 'upgrade', node: 0 },
      ],
    },
  },
  {
    name: 'R17 the packages of all members move to another minor version, and a release starts them again, one after another',
    schedule: { members: 3, warm: 3, acts: revivedBy([{ do: 'change-tuning' }]) },
  },
  {
    name: 'R6 the release with which members should start again cannot run, and one member alone gets it',
    schedule: { members: 3, warm: 3, acts: revivedBy([{ do: 'break-tuning' }, run(400, 4), { do: 'change-tuning' }]) },
  },
  {
    name: 'R6 of five members that a release should start again, one after another gets it, until a quorum serves',
    schedule: { members: 5, warm: 5, acts: revivedBy([{ do: 'change-tuning' }]) },
  },
  {
    name: 'R19 two voters see no leader, and one of them has another minor version of etcd installed',
    schedule: {
      members: 3,
      warm: 60,
      acts: [
        { do: 'replace', node: 2, force: false },
        { do: 'other-version', node: 1, on: true },
        run(1, 0),
        { do: 'new-machine', node: 0 },
        { do: 'host-down', node: 1 },
        run(1, 0),
      ],
    },
  },
  {
    name: 'R17 a cluster goes to the next minor version of etcd, one member after another, and back from before the last one',
    schedule: {
      members: 3,
      warm: 3,
      acts: [upgrade(['before-last']), run(400, 0), { do: 'abort' }, run(400, 0), upgrade([]), run(600, 0)],
    },
  },
  {
    name: 'R17 a cluster that is quiet goes from etcd 3.5 past 3.6 to 3.7',
    schedule: { members: 3, warm: 3, acts: [upgrade([], false, true), run(1200, 0)] },
  },
  {
    name: 'R17 a cluster goes from etcd 3.5 to 3.7, back to 3.6 and to 3.5, and up again',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        upgrade([], false, true),
        run(1200, 0),
        { do: 'downgrade-cluster' },
        run(600, 0),
        { do: 'downgrade-cluster' },
        run(600, 0),
        upgrade([], false, true),
      ],
    },
  },
  {
    name: 'R17 an operator takes a downgrade back while members change',
    schedule: {
      members: 3,
      warm: 3,
      acts: [upgrade([]), run(700, 0), { do: 'downgrade-cluster' }, run(60, 0), { do: 'abort' }, run(60, 0)],
    },
  },
  {
    name: 'R17 an upgrade to an etcd that never serves is put back, and an operator aborts it',
    schedule: { members: 3, warm: 3, acts: [upgrade(['before-last'], true), run(600, 0)] },
  },
  {
    name: 'R17 a board without power keeps an upgrade, and etcd’s cluster version, from going on',
    schedule: {
      members: 5,
      warm: 5,
      acts: [upgrade([]), run(400, 0), { do: 'host-down', node: 1 }, run(400, 0), { do: 'upgrade', node: 2 }],
    },
  },
  {
    name: 'R6 settings that etcd cannot run with are declared while the last member restarts with the next minor version',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        upgrade(['before-last']),
        run(130, 0),
        run(40, 0),
        run(130, 0),
        { do: 'resume' },
        run(40, 0),
        { do: 'change-tuning' },
        { do: 'break-tuning' },
        run(1, 0),
        { do: 'crash-agent', node: 0 },
      ],
    },
  },
  {
    name: 'R17 an operator aborts an upgrade while the last member restarts with it',
    schedule: {
      members: 3,
      warm: 3,
      acts: [upgrade(['after-first', 'before-last']), run(400, 0), { do: 'resume' }, run(40, 0), { do: 'abort' }],
    },
  },
  {
    name: 'R17 an operator aborts an upgrade while its only member starts with it, and resumes once it is too late',
    schedule: {
      members: 1,
      warm: 1,
      acts: [
        { do: 'allow-downtime', on: true },
        upgrade([]),
        run(108, 0),
        { do: 'abort' },
        run(40, 0),
        { do: 'resume' },
        run(130, 0),
      ],
    },
  },
  {
    name: 'R17 one of two members gets an etcd that never serves, and an operator takes the upgrade back',
    schedule: {
      members: 2,
      warm: 2,
      acts: [
        { do: 'allow-downtime', on: true },
        upgrade([], true),
        { do: 'poll', node: 0 },
        { do: 'host-down', node: 0 },
      ],
    },
  },
  {
    name: 'R17 an upgrade brings another etcd in place of a release that cannot run, and its settings are wanted again',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        { do: 'break-tuning' },
        { do: 'revert-tuning' },
        run(130, 0),
        upgrade([]),
        { do: 'revert-tuning' },
        { do: 'host-down', node: 0 },
      ],
    },
  },
  {
    name: 'R17 a member loses its data when an upgrade begins, and the record of its former life is wrong until it is removed',
    schedule: { members: 3, warm: 3, acts: [upgrade([]), run(1, 0), { do: 'wipe', node: 1, everything: false }] },
  },
  {
    name: 'R17 the backup of a restored coordinator is from the first stage of an upgrade that every member has done since',
    schedule: { members: 3, warm: 5, acts: [upgrade([]), { do: 'back-up' }, run(400, 0), { do: 'restore' }] },
  },
  {
    name: 'R17 the backup of a restored coordinator is from before the last member of an upgrade changed',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        upgrade(['before-last']),
        run(400, 0),
        { do: 'resume' },
        { do: 'back-up' },
        run(130, 0),
        { do: 'restore' },
        { do: 'change-tuning' },
      ],
    },
  },
  {
    name: 'R6 the last member with the former etcd gets a blank card in an upgrade, and is replaced by force',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        upgrade(['after-first', 'before-last']),
        run(400, 0),
        { do: 'resume' },
        { do: 'wipe', node: 0, everything: true },
        { do: 'host-down', node: 0 },
      ],
    },
  },
  {
    name: 'R6 a release starts the only voter, which is down for its package and was asked to remove a learner',
    schedule: {
      members: 3,
      warm: 2,
      acts: [
        { do: 'replace', node: 1, force: false },
        { do: 'new-machine', node: 0 },
        { do: 'change-tuning' },
        { do: 'other-version', node: 0, on: true },
      ],
    },
  },
  {
    name: 'R6 a member on trial that runs with the release, and is to have other settings too, lets the release start another one',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        { do: 'upgrade-cluster', breaks: false, far: false, pauses: ['before-last'] },
        { do: 'resume' },
        { do: 'act', node: 3 },
        { do: 'begin-report', node: 2 },
        { do: 'join', node: 0 },
        { do: 'report', node: 3 },
        { do: 'host-down', node: 1 },
        { do: 'resume' },
        { do: 'run', seconds: 1, coordinator: true, mends: 2 },
        { do: 'run', seconds: 40, coordinator: true, mends: 1 },
        { do: 'stall', node: 4, seconds: 61 },
        { do: 'order-restart', node: 3 },
        { do: 'upgrade-cluster', breaks: false, far: false, pauses: [] },
        { do: 'run', seconds: 40, coordinator: false, mends: 3 },
        { do: 'set-clock', seconds: 31 },
        { do: 'lose-answer', index: 5 },
        { do: 'host-up', node: 4 },
        { do: 'other-version', node: 0, on: true },
        { do: 'host-up', node: 4 },
        { do: 'hold', node: 3 },
        { do: 'join', node: 2 },
        { do: 'orphan-report', node: 3 },
        { do: 'unfreeze' },
        { do: 'run', seconds: 1, coordinator: false, mends: 0 },
        { do: 'run', seconds: 2, coordinator: true, mends: 2 },
        { do: 'change-tuning' },
        { do: 'downgrade-cluster' },
        { do: 'deliver-report', index: 3, again: true },
        { do: 'upgrade-cluster', breaks: true, far: true, pauses: ['after-first', 'before-last'] },
        { do: 'stall', node: 3, seconds: 3600 },
        { do: 'deliver-answer', index: 0 },
        { do: 'unfreeze' },
        { do: 'host-down', node: 0 },
      ],
    },
  },
  {
    name: 'a quarantined member that was off gets the package of its etcd back before it is heard again',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        { do: 'lie', node: 1, lie: 'cluster' },
        run(1, 0),
        { do: 'host-down', node: 1 },
        { do: 'change-tuning' },
        { do: 'other-version', node: 1, on: true },
        { do: 'host-down', node: 0 },
      ],
    },
  },
  {
    name: 'an upgrade to etcd 3.7 waits for no raft index that only a lie has named',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        upgrade([]),
        run(400, 0),
        upgrade([]),
        { do: 'lie', node: 0, lie: 'index' },
        run(1, 0),
        { do: 'poll', node: 0 },
        { do: 'deliver-answer', index: 0 },
        run(1, 0),
        { do: 'deliver-report', index: 0, again: false },
      ],
    },
  },
  {
    name: 'R17 the disk of the coordinator is put back to before an upgrade, and new settings wait for a member that runs the next etcd',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        upgrade(['before-last'], true, true),
        run(130, 2),
        { do: 'run', seconds: 40, coordinator: false, mends: 4 },
        { do: 'copy-disk' },
        run(130, 2),
        { do: 'roll-back', changes: 2 },
      ],
    },
  },
  {
    name: 'R17 a release on trial moves to the other one of two members, which is down for its package, without a quorum',
    schedule: {
      members: 2,
      warm: 3,
      acts: [
        { do: 'allow-downtime', on: true },
        { do: 'change-tuning' },
        { do: 'other-version', node: 2, on: true },
        { do: 'host-down', node: 0 },
      ],
    },
  },
  {
    name: 'R17 the member that has a release first gets a blank card, and another one is down for its package',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        { do: 'change-tuning' },
        { do: 'other-version', node: 0, on: true },
        { do: 'host-down', node: 0 },
        { do: 'wipe', node: 1, everything: true },
      ],
    },
  },
  {
    name: 'R17 the member that has a release first loses its data, and another one is down for its package',
    schedule: {
      members: 4,
      warm: 3,
      acts: [
        { do: 'host-down', node: 2 },
        { do: 'other-version', node: 2, on: true },
        { do: 'wipe', node: 1, everything: false },
        { do: 'change-tuning' },
      ],
    },
  },
  {
    name: 'R17 a cluster is to grow during a rollout, and waits for a voter that is down for its package',
    schedule: {
      members: 5,
      warm: 3,
      acts: [
        { do: 'other-version', node: 2, on: true },
        { do: 'change-tuning' },
        { do: 'host-down', node: 2 },
        run(400, 3),
      ],
    },
  },
  {
    name: 'R17 the disk of the coordinator is put back to before an upgrade whose first minor version all members run by now',
    schedule: {
      members: 3,
      warm: 5,
      acts: [upgrade([], false, true), { do: 'copy-disk' }, run(400, 2), { do: 'roll-back', changes: 0 }],
    },
  },
  {
    name: 'R17 the disk of the coordinator is put back to before an upgrade, and the members run the two minor versions after that',
    schedule: {
      members: 3,
      warm: 5,
      acts: [
        upgrade([], false, true),
        { do: 'copy-disk' },
        { do: 'run', seconds: 130, coordinator: false, mends: 4 },
        run(400, 2),
        { do: 'roll-back', changes: 0 },
      ],
    },
  },
  {
    name: 'R17 the backup of a restored coordinator is from a stage of an upgrade, whose next minor version one member runs by now',
    schedule: {
      members: 5,
      warm: 5,
      acts: [
        upgrade([], false, true),
        run(400, 3),
        { do: 'back-up' },
        run(40, 2),
        run(130, 3),
        run(40, 1),
        run(130, 1),
        { do: 'restore' },
      ],
    },
  },
  {
    name: 'R17 the backup of a restored coordinator is from an upgrade that was aborted, and a later one has brought another release',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        upgrade(['before-last']),
        run(400, 0),
        { do: 'back-up' },
        { do: 'abort' },
        run(400, 0),
        upgrade([]),
        run(400, 0),
        run(400, 0),
        { do: 'restore' },
      ],
    },
  },
  {
    name: 'R17 the disk of the coordinator is put back to before a downgrade, and most members run the earlier etcd by now',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        upgrade([]),
        run(400, 4),
        { do: 'copy-disk' },
        { do: 'downgrade-cluster' },
        run(40, 0),
        { do: 'roll-back', changes: 0 },
      ],
    },
  },
  {
    name: 'R17 the same with one member that runs the earlier etcd, settings that wait for it, and another one that is replaced',
    schedule: {
      members: 3,
      warm: 3,
      acts: [
        upgrade([]),
        run(400, 4),
        { do: 'copy-disk' },
        { do: 'downgrade-cluster' },
        run(15, 0),
        { do: 'roll-back', changes: 2 },
        { do: 'wipe', node: 1, everything: true },
      ],
    },
  },
  {
    name: 'R6 settings that etcd cannot run with are declared once every member of an upgrade runs the last etcd, and a machine joins after that',
    schedule: {
      members: 4,
      warm: 3,
      acts: [
        upgrade([], false, true),
        { do: 'change-tuning' },
        run(40, 3),
        run(400, 0),
        run(130, 3),
        { do: 'break-tuning' },
      ],
    },
  },
  {
    name: 'R6 settings that etcd cannot run with are declared during a downgrade, for whose end a machine waits that joins',
    schedule: {
      members: 4,
      warm: 3,
      acts: [
        upgrade([]),
        run(15, 3),
        { do: 'change-tuning' },
        run(40, 3),
        run(400, 0),
        run(130, 3),
        { do: 'downgrade-cluster' },
        { do: 'break-tuning' },
      ],
    },
  },
  {
    name: 'R3 R16 a formation was given up after the backup, and the etcd of its learner, which has not heard of that, runs on',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'join', node: 1 },
        { do: 'copy-disk' },
        run(8, 4),
        { do: 'crash-agent', node: 1 },
        { do: 'reset' },
        run(400, 2),
        { do: 'roll-back', changes: 1 },
      ],
    },
  },
  {
    name: 'a lone voter lies about who votes, and the coordinator crashes once it has kept what it decided by that',
    schedule: {
      members: 3,
      warm: 1,
      acts: [
        { do: 'join', node: 1 },
        run(2, 0),
        { do: 'lie', node: 0, lie: 'all-voters' },
        { do: 'arm-crash', at: 'after-commit' },
        ...Array.from({ length: 4 }, () => ({ do: 'poll', node: 0 }) as const),
        run(1, 0),
      ],
    },
  },
];

/** @param breaks no etcd of that version ever serves */
function upgrade(pauses: readonly UpgradePause[], breaks = false, far = false): Act {
  return { do: 'upgrade-cluster', breaks, far, pauses };
}
