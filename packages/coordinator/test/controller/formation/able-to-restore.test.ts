import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { requireAbleToRestore } from '../../../src/controller/formation/able-to-restore.ts';
import { restoreFrom } from '../../../src/controller/restore/restore.ts';
import { withWords } from '../../support/said.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };
const nothing = { installed: null, obstacle: null } as const;
const obstructed = { installed: null, obstacle: said('/var is mounted noexec') } as const;

function situationOf({ spec, nodes, clients, progress, now }: Scene) {
  return { spec, status: { nodes, clients }, progress, now, inContact: [] };
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

function refusal(given: Scene): string | null {
  try {
    requireAbleToRestore(situationOf(given));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

t.test('one reporting node that can restore is enough: it founds, and the others join as learners', async (t) => {
  t.equal(refusal(scene()), null);
  t.equal(refusal(scene(undefined, obstructed, nothing)), null);
  t.equal(refusal(scene({ installed: 'etcdctl', obstacle: null }, nothing, nothing)), null, 'etcdctl 3.5 can');
  t.match(
    refusal(scene(nothing, obstructed, nothing)),
    /x-k3s-m-1: it has no etcdutl; add one with `picket release add.*; x-k3s-m-2: .*noexec; x-k3s-m-3: /,
  );
});

t.test('the nodes that cannot found the restored cluster are named, with the reason', async (t) => {
  const unable = requireAbleToRestore(situationOf(scene(undefined, obstructed, nothing)));
  t.match(withWords(unable), [
    { name: 'x-k3s-m-2', why: /noexec/ },
    { name: 'x-k3s-m-3', why: /release add/ },
  ]);
});

t.test('R17: a node with an etcd of another minor version cannot found', async (t) => {
  const given = scene(undefined, nothing, nothing).reports(1, { service: { etcdVersion: '3.6.1' } });
  t.match(refusal(given), /x-k3s-m-1: the cluster runs etcd 3.5, and etcd 3.6.1 is installed on it; x-k3s-m-2: /);
});

t.test('the release store helps a node without a program, unless that node cannot run it', async (t) => {
  t.equal(refusal(stored(scene(nothing, nothing, nothing), 1)), null);
  t.match(
    refusal(stored(scene(obstructed, nothing, nothing), 1)),
    /x-k3s-m-1: .* cannot run the one from the release store: \/var is mounted noexec/,
  );
});

/** From an agent that has not said yet what it can restore with. */
function unsaid(given: Scene, number: number): Scene {
  return given.reports(number, { restoreTool: null });
}

t.test('the first check of an agent that does not say it has not ended', async (t) => {
  const message = refusal(unsaid(scene(undefined, nothing, nothing), 1)) ?? '';
  t.match(message, /x-k3s-m-1: its agent has not reported yet whether it can restore; repeat the command in a minute/);
});

t.test('a silent node is not awaited; if all are silent, the last report of each counts', async (t) => {
  const one = scene(nothing, nothing, nothing).wait(60);
  t.match(refusal(one), /x-k3s-m-1: it has no etcdutl/);
  t.match(refusal(scene(undefined, undefined, nothing).wait(60).reports(3, { restoreTool: nothing })), /x-k3s-m-3: it/);
  t.equal(refusal(one.reports(2).reports(3)), null);
  t.equal(refusal(scene(null, null, null).wait(60)), null, 'nobody can ask a dead board');
});

t.test('a restore is refused for it with force as well', async (t) => {
  t.throws(
    () => restoreFrom(situationOf(scene(nothing, nothing, nothing)), source, { force: true, confirm: 'x-k3s' }),
    {
      code: 'restore_refused',
      message: /release add/,
    },
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
    waits: [/x-k3s-m-1 to be ready to found the cluster: it has no etcdutl; .*release add/],
  });
  t.match(stored(given, 1).decide().step, { kind: 'found', member: 'x-k3s-m-1', installed: '3.5' });
});

t.test('a founder whose first check has not ended is awaited', async (t) => {
  const given = Scene.formed(1);
  given.progress = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  unsaid(given.published(1), 1);
  t.match(given.decide(), { step: null, waits: [/x-k3s-m-1 to be ready .*it has not|its agent has not reported yet/] });
});
