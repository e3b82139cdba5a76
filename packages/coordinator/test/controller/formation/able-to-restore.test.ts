import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { requireAbleToRestore } from '../../../src/controller/formation/able-to-restore.ts';
import { restoreFrom } from '../../../src/controller/restore/restore.ts';
import { refusalOf } from '../../support/refusal.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };
const nothing = { installed: null, obstacle: null } as const;
const obstructed = { installed: null, obstacle: said('/var is mounted noexec') } as const;

function situationOf({ spec, nodes, clients, progress, now }: Scene) {
  return { spec, status: { nodes, clients }, progress, now, seenUnadopted: [] };
}

/** A cluster of three that serves; each member says this about restoring. */
function scene(...tools: readonly StatusChanges['restoreTool'][]): Scene {
  const formed = Scene.formed(3);
  for (const [index, restoreTool] of tools.entries()) {
    formed.reports(index + 1, restoreTool === undefined ? {} : { restoreTool });
  }
  return formed;
}

/** The release store has one for its machine. */
function stored(given: Scene, number: number): Scene {
  const name = given.name(number);
  const node = given.nodes[name];
  if (node !== undefined) given.nodes[name] = { ...node, architecture: 'arm64', hasStoredTool: true };
  return given;
}

function refusal(given: Scene, of: { readonly format?: string } = {}) {
  return refusalOf(() => requireAbleToRestore(situationOf(given), of));
}

/** The refusal because of these members. */
function refusedFor(...unable: readonly (readonly [number: number, why: Reason])[]) {
  const reasons = unable.map(([number, why]) => reason('of_member', { member: `x-k3s-m-${number}`, why }));
  return { code: 'restore_refused', facts: { cluster: 'x-k3s', reason: reason('several', { reasons }) } };
}

const hasNone = reason('no_tool_to_restore', { architecture: null });
const cannotRun = reason('cannot_run_stored_tool', { why: obstructed.obstacle });

t.test('one reporting node that can restore is enough: it founds, and the others join as learners', async (t) => {
  t.equal(refusal(scene()), null);
  t.equal(refusal(scene(undefined, obstructed, nothing)), null);
  t.equal(refusal(scene({ installed: 'etcdctl', obstacle: null }, nothing, nothing)), null, 'etcdctl 3.5 can');
  t.strictSame(refusal(scene(nothing, obstructed, nothing)), refusedFor([1, hasNone], [2, cannotRun], [3, hasNone]));
});

t.test('the nodes that cannot found the restored cluster are named, with the reason', async (t) => {
  const unable = requireAbleToRestore(situationOf(scene(undefined, obstructed, nothing)), {});
  t.strictSame(unable, [
    { name: 'x-k3s-m-2', why: cannotRun },
    { name: 'x-k3s-m-3', why: hasNone },
  ]);
});

t.test('R17: a node with an etcd of another minor version cannot found', async (t) => {
  const given = scene(undefined, nothing, nothing).reports(1, { service: { etcdVersion: '3.6.1' } });
  const other = reason('other_minor_installed', { minor: '3.5', installed: '3.6.1' });
  t.strictSame(refusal(given), refusedFor([1, other], [2, hasNone], [3, hasNone]));
});

t.test('R17: no node founds with a snapshot that its etcd cannot serve', async (t) => {
  const given = scene(undefined, nothing, nothing);
  const other = reason('snapshot_needs_other_etcd', { format: '3.7', installed: '3.5.33' });
  t.strictSame(refusal(given, { format: '3.7' }), refusedFor([1, other], [2, hasNone], [3, hasNone]));
  t.equal(refusal(given, { format: '3.6' }), null);
  t.equal(refusal(given, { format: '4.0' }), null, 'nobody has tried');
  t.strictSame(
    refusal(given.wait(60), { format: '3.7' }),
    refusedFor([1, other], [2, hasNone], [3, hasNone]),
    'silent',
  );
});

t.test('R17: a restore waits for a founder whose etcd serves the snapshot', async (t) => {
  const given = Scene.formed(1);
  const restored = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  given.progress = {
    ...restored,
    etcdMinor: null,
    restore: restored.restore && { ...restored.restore, format: '3.7' },
  };
  given.published(1).joins(1);
  const why = reason('snapshot_needs_other_etcd', { format: '3.7', installed: '3.5.33' });
  t.match(given.decide(), { step: null, waits: [reason('ready_to_found', { member: 'x-k3s-m-1', why })] });
  given.reports(1, { service: { etcdVersion: '3.7.1' } });
  t.match(given.decide().step, { kind: 'found', member: 'x-k3s-m-1', installed: '3.7' });
});

t.test('the release store helps a node without a program, unless that node cannot run it', async (t) => {
  t.equal(refusal(stored(scene(nothing, nothing, nothing), 1)), null);
  t.strictSame(
    refusal(stored(scene(obstructed, nothing, nothing), 1)),
    refusedFor([1, cannotRun], [2, hasNone], [3, hasNone]),
  );
});

/** From an agent that has not said yet what it can restore with. */
function unsaid(given: Scene, number: number): Scene {
  return given.reports(number, { restoreTool: null });
}

t.test('the first check of an agent that does not say it has not ended', async (t) => {
  t.strictSame(
    refusal(unsaid(scene(undefined, nothing, nothing), 1)),
    refusedFor([1, reason('restore_ability_not_said')], [2, hasNone], [3, hasNone]),
  );
});

t.test('a silent node is not awaited; if all are silent, the last report of each counts', async (t) => {
  const one = scene(nothing, nothing, nothing).wait(60);
  t.strictSame(refusal(one), refusedFor([1, hasNone], [2, hasNone], [3, hasNone]));
  t.strictSame(
    refusal(scene(undefined, undefined, nothing).wait(60).reports(3, { restoreTool: nothing })),
    refusedFor([3, hasNone]),
  );
  t.equal(refusal(one.reports(2).reports(3)), null);
  t.equal(refusal(scene(null, null, null).wait(60)), null, 'nobody can ask a dead board');
});

t.test('a restore is refused for it with force as well', async (t) => {
  t.throws(
    () => restoreFrom(situationOf(scene(nothing, nothing, nothing)), source, { force: true, confirm: 'x-k3s' }),
    refusedFor([1, hasNone], [2, hasNone], [3, hasNone]),
  );
});

t.test('a node that can restore founds, however early another has joined', async (t) => {
  const given = Scene.formed(3);
  given.progress = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  given.published(1).published(2).published(3).joins(1, { restoreTool: nothing }).joins(2).joins(3);
  t.same(given.settle(), [{ kind: 'found', member: 'x-k3s-m-2', installed: '3.5' }]);
});

t.test('while no node can, the status names the command that helps, and a release lets it continue', async (t) => {
  const given = Scene.formed(1);
  given.progress = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  given.published(1).joins(1, { restoreTool: nothing });
  t.match(given.decide(), {
    step: null,
    waits: [reason('ready_to_found', { member: 'x-k3s-m-1', why: hasNone })],
  });
  t.match(stored(given, 1).decide().step, { kind: 'found', member: 'x-k3s-m-1', installed: '3.5' });
});

t.test('a founder whose first check has not ended is awaited', async (t) => {
  const given = Scene.formed(1);
  given.progress = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  unsaid(given.published(1), 1);
  t.match(given.decide(), {
    step: null,
    waits: [reason('ready_to_found', { member: 'x-k3s-m-1', why: reason('restore_ability_not_said') })],
  });
});
