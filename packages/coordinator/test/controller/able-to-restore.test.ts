import t from 'tap';
import { requireAbleToRestore } from '../../src/controller/able-to-restore.ts';
import { restoreFrom } from '../../src/controller/restore.ts';
import { Scene, type StatusChanges } from './support/situations.ts';

const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };
const nothing = { installed: null, obstacle: null } as const;
const obstructed = { installed: null, obstacle: '/var is mounted noexec' } as const;

function situationOf({ spec, nodes, clients, progress, now }: Scene) {
  return { spec, status: { nodes, clients }, progress, now };
}

/** A cluster of three that serves; each of these says this of what it can restore with. */
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

t.test('each node that is heard must be able to restore: any of them may become the founder', async (t) => {
  t.equal(refusal(scene()), null);
  t.match(refusal(scene(undefined, nothing)), /x-k3s-m-2: it has no etcdutl to restore with: `picket release add/);
  t.match(refusal(scene(nothing, nothing)), /x-k3s-m-1: .*; x-k3s-m-2: /);
  t.equal(refusal(scene({ installed: 'etcdctl', obstacle: null })), null, 'etcdctl 3.5 can');
});

t.test('the release store helps a node that has nothing, unless that node cannot run what comes of it', async (t) => {
  t.equal(refusal(stored(scene(nothing), 1)), null);
  t.match(
    refusal(stored(scene(obstructed), 1)),
    /x-k3s-m-1: .* cannot run one of the release store: \/var is mounted noexec/,
  );
});

t.test('an agent of before, which does not say it, is to be upgraded first', async (t) => {
  t.match(refusal(scene(null)), /x-k3s-m-1: its agent is older .*`picket installer --upgrade`/);
});

t.test('a node that is not heard is not waited for; where none is, what each said last counts', async (t) => {
  const one = scene(nothing, undefined, undefined).wait(60);
  t.match(refusal(one), /x-k3s-m-1: it has no etcdutl/);
  t.equal(refusal(one.reports(2).reports(3)), null);
  t.equal(refusal(scene(null, null, null).wait(60)), null, 'nobody can upgrade the agent of a dead board');
});

t.test('a restore is refused for it with force as well', async (t) => {
  t.throws(() => restoreFrom(situationOf(scene(nothing)), source, { force: true, confirm: 'x-k3s' }), {
    code: 'restore_refused',
    message: /release add/,
  });
});

t.test('a restore is founded by a node that can, however early another has joined', async (t) => {
  const given = Scene.formed(3);
  given.progress = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  given.published(1).published(2).published(3).joins(1, { restoreTool: nothing }).joins(2).joins(3);
  t.same(given.settle(), [{ kind: 'found', member: 'x-k3s-m-2' }]);
});

t.test('while none can, the status names the command that helps, and a release goes on with it', async (t) => {
  const given = Scene.formed(1);
  given.progress = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  given.published(1).joins(1, { restoreTool: nothing });
  t.match(given.decide(), {
    step: null,
    waits: [/x-k3s-m-1 to be ready to found the cluster: it has no etcdutl .*release add/],
  });
  t.match(stored(given, 1).decide().step, { kind: 'found', member: 'x-k3s-m-1' });
});

t.test('a restore that an agent of before was to carry out goes on after the update', async (t) => {
  const given = Scene.formed(1);
  given.progress = restoreFrom(situationOf(given), source, { force: true, confirm: 'x-k3s' });
  given.published(1).joins(1, { restoreTool: null });
  t.match(given.decide().step, { kind: 'found' });
});
