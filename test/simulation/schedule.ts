import type { UpgradePause } from '@picket/coordinator/model/upgrade-progress.ts';
import fc from 'fast-check';
import { type Act, lies } from './acts.ts';

export interface Schedule {
  readonly members: number;
  /** How many have joined and come as far as they could before the adversary begins. */
  readonly warm: number;
  readonly acts: readonly Act[];
}

const node = fc.nat({ max: 4 });
const index = fc.nat({ max: 5 });
const on = fc.boolean();
/** Seconds to hours, around the controller's own waits. */
const seconds = fc.constantFrom(1, 2, 5, 12, 29, 31, 36, 61, 91, 121, 301, 1800, 3600);
/** What time sync may do to a clock: a little, or all that a board without a battery has missed. */
const jump = fc.constantFrom(-86_400, -3600, -120, -31, -5, 5, 31, 120, 3600, 86_400);
const one = <const Name extends string>(...names: Name[]): fc.Arbitrary<Name> => fc.constantFrom(...names);

const upgradeCluster = fc.record({
  do: one('upgrade-cluster'),
  breaks: fc.constantFrom(false, false, false, true),
  far: on,
  pauses: fc.constantFrom<readonly UpgradePause[]>(
    [],
    ['before-last'],
    ['before-last'],
    ['after-first', 'before-last'],
  ),
});

type Flavour =
  | 'anything'
  | 'formation'
  | 'permits'
  | 'lies'
  | 'restores'
  | 'replacements'
  | 'rollbacks'
  | 'growth'
  | 'exchanges'
  | 'deletions'
  | 'upgrades';

/** The same acts throughout; a flavour makes those likelier that reach deep into one part of the controller. */
function actsOf(flavour: Flavour, upgrades: number): fc.Arbitrary<Act> {
  const forms = flavour === 'permits' ? 0 : 1;
  const restarts = flavour === 'permits' ? 3 : 1;
  const backups = { restores: 6, replacements: 1, growth: 1, exchanges: 1, deletions: 1 }[flavour as string] ?? 0;
  const losses = { anything: 1, replacements: 4, growth: 1, exchanges: 1 }[flavour as string] ?? 0;
  const claims = flavour === 'lies' ? 6 : 0;
  const deletions = flavour === 'deletions' ? 3 : 0;
  const growth = { growth: 6, exchanges: 1 }[flavour as string] ?? 0;
  const exchanges = { exchanges: 4, growth: 1, restores: 1 }[flavour as string] ?? 0;
  const rollbacks = { rollbacks: 4, restores: 1 }[flavour as string] ?? 0;
  return fc.oneof(
    { weight: 6 * forms + 1, arbitrary: fc.record({ do: one('join'), node }) },
    { weight: 14 * restarts, arbitrary: fc.record({ do: one('poll', 'act', 'begin-report', 'report'), node }) },
    { weight: 3 * restarts, arbitrary: fc.record({ do: one('orphan-report'), node }) },
    { weight: 3, arbitrary: fc.record({ do: one('crash-agent', 'start-agent'), node }) },
    { weight: 3 * forms, arbitrary: fc.record({ do: one('host-down', 'host-up', 'host-up'), node }) },
    { weight: 2 * restarts, arbitrary: fc.record({ do: one('upgrade'), node }) },
    { weight: restarts, arbitrary: fc.record({ do: one('other-version'), node, on }) },
    { weight: 3, arbitrary: fc.record({ do: one('stall'), node, seconds }) },
    { weight: 5, arbitrary: fc.record({ do: one('slow', 'polls-lost', 'reports-lost'), node, on }) },
    { weight: losses, arbitrary: fc.record({ do: one('wipe'), node, everything: on }) },
    { weight: losses, arbitrary: fc.record({ do: one('replace'), node, force: on }) },
    { weight: losses, arbitrary: fc.record({ do: one('new-machine'), node }) },
    {
      weight: 2 * restarts,
      arbitrary: fc.record({ do: one('order-restart', 'hold', 'hold', 'release', 'release-here'), node }),
    },
    { weight: losses, arbitrary: fc.record({ do: one('restore-snapshot') }) },
    { weight: losses, arbitrary: fc.record({ do: one('rescue'), force: on }) },
    { weight: deletions, arbitrary: fc.record({ do: one('delete'), force: on }) },
    { weight: claims, arbitrary: fc.record({ do: one('lie'), node, lie: fc.constantFrom(...lies, null) }) },
    { weight: backups, arbitrary: fc.record({ do: one('back-up', 'restore', 'restore') }) },
    { weight: backups, arbitrary: fc.record({ do: one('old-coordinator'), on }) },
    { weight: 4 * backups, arbitrary: fc.record({ do: one('readopt'), node }) },
    { weight: rollbacks, arbitrary: fc.record({ do: one('copy-disk') }) },
    {
      weight: rollbacks,
      arbitrary: fc.record({ do: one('roll-back'), changes: fc.constantFrom(0, 0, 1, 2, 3) }),
    },
    {
      weight: flavour === 'lies' || flavour === 'rollbacks' ? 3 : 0,
      arbitrary: fc.record({ do: one('unfreeze') }),
    },
    { weight: restarts, arbitrary: fc.record({ do: one('set-clock'), seconds: jump }) },
    { weight: 4, arbitrary: fc.record({ do: one('lose-answer', 'lose-report'), index }) },
    { weight: 4 * restarts, arbitrary: fc.record({ do: one('deliver-answer'), index }) },
    { weight: 6 * restarts, arbitrary: fc.record({ do: one('deliver-report'), index, again: on }) },
    { weight: 1, arbitrary: fc.record({ do: one('arm-crash'), at: one('before-commit', 'after-commit') }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: one('crash-coordinator', 'start-coordinator', 'start-coordinator', 'flush') }),
    },
    { weight: flavour === 'formation' ? 4 : forms, arbitrary: fc.record({ do: one('reset') }) },
    {
      weight: 5 * restarts,
      arbitrary: fc.record({ do: one('change-tuning', 'change-tuning', 'break-tuning', 'revert-tuning') }),
    },
    { weight: restarts, arbitrary: fc.record({ do: one('pause', 'resume', 'resume', 'abort') }) },
    { weight: 1, arbitrary: fc.record({ do: one('allow-downtime'), on }) },
    { weight: 4, arbitrary: fc.record({ do: one('write'), skip: node }) },
    { weight: 3 * restarts, arbitrary: fc.record({ do: one('sleep'), seconds }) },
    {
      weight: 20,
      arbitrary: fc.record({
        do: one('run'),
        seconds: fc.constantFrom(1, 2, 3, 8, 15, 40, 130, 400),
        coordinator: fc.constantFrom(true, true, true, false),
        mends: node,
      }),
    },
    {
      weight: 8 * upgrades,
      arbitrary: upgradeCluster,
    },
    { weight: 4 * upgrades, arbitrary: fc.record({ do: one('downgrade-cluster') }) },
    { weight: 6 * upgrades, arbitrary: fc.record({ do: one('pause', 'resume', 'resume', 'abort') }) },
    { weight: growth, arbitrary: fc.record({ do: one('grow', 'shrink'), by: fc.constantFrom(1, 2) }) },
    { weight: exchanges, arbitrary: fc.record({ do: one('revert-members') }) },
    {
      weight: 2 * exchanges,
      arbitrary: fc.record({
        do: one('exchange'),
        node,
        out: fc.constantFrom(1, 1, 2),
        more: fc.constantFrom(0, 0, 0, -1, 1, 2),
      }),
    },
  );
}

function flavoured(flavour: Flavour, warm: readonly number[], upgrades = 0): fc.Arbitrary<Schedule> {
  return fc.record({
    members: fc.constantFrom(3, 3, 3, 3, 1, 2, 4, 5),
    warm: fc.constantFrom(...warm),
    acts: fc.array(actsOf(flavour, upgrades), { minLength: 5, maxLength: 70, size: 'max' }),
  });
}

/** The same in a cluster that has just begun to go to another minor version of etcd. */
function inUpgrade(flavour: Flavour): fc.Arbitrary<Schedule> {
  const begun = fc.record({ schedule: flavoured(flavour, [5], 1), first: upgradeCluster });
  return begun.map(({ schedule, first }) => ({ ...schedule, acts: [first, ...schedule.acts] }));
}

export const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  flavoured('anything', [0, 1, 2, 3, 3, 5]),
  flavoured('formation', [0, 0, 1, 2]),
  flavoured('permits', [3, 3, 3, 5]),
  flavoured('lies', [1, 3, 3, 3, 5]),
  flavoured('restores', [0, 1, 2, 3, 3, 5]),
  flavoured('replacements', [2, 3, 3, 3, 5]),
  flavoured('rollbacks', [1, 2, 3, 3, 5]),
  flavoured('growth', [1, 3, 3, 5]),
  flavoured('exchanges', [1, 2, 3, 3, 3, 5]),
  flavoured('deletions', [0, 1, 3, 3]),
  flavoured('upgrades', [1, 3, 3, 3, 5], 1),
  inUpgrade('lies'),
  inUpgrade('restores'),
);
