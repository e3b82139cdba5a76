import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { accept } from '../../src/coordinator/accept.ts';
import { emptyJournal, type Journal } from '../../src/journal/journal.ts';
import { desired } from '../reconcile/samples.ts';

const epoch = { number: 2, name: 'epoch2name' };
const lived = 'incarnation1';

/** A node that has seen generation 9, and whose etcd runs this incarnation. */
const journal: Journal = {
  ...emptyJournal,
  inventory: desired().inventory,
  generationSeen: 9,
  incarnations: { [lived]: 'lived' },
  startedWith: { incarnation: lived, restartKey: 'key', confKey: 'key', etcdVersion: null },
};

function state(changes: Partial<MemberState>): MemberState {
  const etcd = { incarnation: lived, initialClusterState: 'existing', conf: '' } as const;
  return { ...desired(), etcd, retired: [], ...changes };
}

/** Why it is refused; null if it is accepted. */
function refusal(changes: Partial<MemberState>, of: Journal = journal): AnyReason | null {
  const acceptance = accept(of, state(changes), null);
  return acceptance.ok ? null : acceptance.why;
}

t.test('R5: a restored coordinator is followed above what was seen, and nowhere else', (t) => {
  t.equal(refusal({ epoch, generation: 10 }), null);
  t.strictSame(refusal({ epoch, generation: 9 }), reason('generation_seen_before', { generation: 9 }));
  t.strictSame(refusal({ epoch, generation: 8 }), reason('older_generation_offered', { generation: 8, seen: 9 }));
  t.strictSame(
    refusal({ epoch, generation: 10, inventory: 'anotherstore' }),
    reason('other_inventory_offered', { offered: 'anotherstore', followed: 'inventory1' }),
  );
  t.end();
});

t.test(
  'R5: a state of an earlier epoch, of none, or of another restore with the same number is no longer followed',
  (t) => {
    const since = { ...journal, epoch };
    t.equal(refusal({ epoch, generation: 10 }, since), null);
    for (const [other, offered] of [
      [{}, 0],
      [{ epoch: { ...epoch, number: 1 } }, 1],
      [{ epoch: { number: 2, name: 'another2name' } }, 2],
    ] as const) {
      t.strictSame(
        refusal({ ...other, generation: 99 }, since),
        reason('other_epoch_offered', { offered, followed: 2 }),
      );
    }
    t.equal(refusal({ epoch: { number: 3, name: 'epoch3name' }, generation: 10 }, since), null);
    t.end();
  },
);

t.test('R1, R4, R5: its first state changes no incarnation that etcd runs, unless it names this one as over', (t) => {
  const other = { incarnation: 'incarnation2', initialClusterState: 'existing', conf: '' } as const;
  const unknown = reason('incarnation_unknown_to_coordinator', { incarnation: lived });
  t.strictSame(refusal({ epoch, generation: 10, etcd: other }), unknown);
  t.strictSame(refusal({ epoch, generation: 10, etcd: null }), unknown);
  t.equal(refusal({ epoch, generation: 10, etcd: null, retired: [lived] }), null);
  t.strictSame(
    refusal({ epoch, generation: 10, etcd: { ...other, initialClusterState: 'new' }, retired: [lived] }),
    reason('would_found_again', { incarnation: 'incarnation2' }),
  );
  t.end();
});

t.test('a stored desired state from before there were epochs is followed as before', (t) => {
  t.equal(refusal({ generation: 10 }), null);
  t.equal(refusal({ generation: 9 }), null);
  t.end();
});

t.test('R5: a state is followed only if what this node follows is among those before it', (t) => {
  const [other, own, next] = ['o', 'w', 'n'].map((letter) => letter.repeat(64)) as [string, string, string];
  const document = state({ generation: 9, seal: own });
  const offered = (generation: number, priorSeals: string[], changes: Partial<MemberState> = {}) => {
    const acceptance = accept(journal, state({ generation, priorSeals, ...changes }), { document, requestedAt: null });
    return acceptance.ok ? null : acceptance.why;
  };
  t.equal(offered(10, [own]), null);
  t.equal(offered(11, [other, own, next]), null);
  const refused = reason('generation_differs', { generation: 9 });
  t.strictSame(offered(10, [other]), refused);
  t.strictSame(offered(11, [own, other, next]), refused, 'each at its generation');
  t.equal(offered(12, [other, next]), null, 'a coordinator that names no generation so far back is believed');
  t.equal(offered(10, []), null);
  t.equal(offered(10, [other], { epoch }), null, 'the epoch shows a restore');
  t.end();
});
