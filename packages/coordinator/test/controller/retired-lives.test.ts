import t from 'tap';
import { mostGone, mostRetiredOfGone } from '../../src/controller/limits.ts';
import type { RetiredLife } from '../../src/controller/model.ts';
import { Scene } from './support/situations.ts';

/** Three voters at rest. The third has lived this life before, and its node was told that it is over. */
function rested(life: Partial<RetiredLife> = {}): Scene {
  const scene = Scene.formed(3);
  scene.settle();
  scene.progress = { ...scene.progress, retired: [{ ...former, ...life }] };
  scene.published(3);
  return scene;
}

const former: RetiredLife = { member: 'x-k3s-m-3', incarnation: 'former1', nodeId: 'node3' };
const forgotten = [{ kind: 'forget-lives', lives: [former] }];

t.test('R4: a life that is over is forgotten once its own node has confirmed that it is put away', (t) => {
  const scene = rested();
  t.same(scene.settle(), [], 'its node has not carried out what it was told');
  scene.reports(3, { agent: { generationApplied: 1 } });
  t.same(scene.settle(), []);
  scene.reports(3);
  t.same(scene.settle(), forgotten);
  t.same(scene.progress.retired, []);
  t.end();
});

t.test('R4: not while its node is silent, or its etcd may still run', (t) => {
  const scene = rested().reports(3);
  scene.wait(60).reports(1).reports(2);
  t.same(scene.settle(), [], 'silent');
  for (const service of [
    { incarnation: 'former1', state: 'stopped' },
    { incarnation: null, state: 'running' },
  ] as const) {
    const other = rested().reports(3, { service });
    t.same(
      other.settle().filter(({ kind }) => kind === 'forget-lives'),
      [],
      `${service.state}, ${service.incarnation}`,
    );
  }
  t.end();
});

t.test('R4: the word of another machine is none, and a life of which no node is known stays', (t) => {
  t.same(rested({ nodeId: 'node9' }).reports(3).settle(), []);
  const { nodeId: _, ...unknown } = former;
  const scene = rested().reports(3);
  scene.progress = { ...scene.progress, retired: [unknown] };
  t.same(scene.settle(), [], 'as a coordinator of before has kept it');
  t.end();
});

t.test('R4: not while anything else is under way', (t) => {
  const scene = rested().reports(3);
  scene.progress = { ...scene.progress, frozen: 'a test' };
  t.same(scene.settle(), []);
  t.end();
});

t.test('R18: of machines that gave way to others, each member keeps the lives of the newest', (t) => {
  const scene = Scene.formed(3);
  const lives = Array.from({ length: mostRetiredOfGone + 2 }, (_, index): RetiredLife => {
    return { member: 'x-k3s-m-3', incarnation: `former${index}`, nodeId: `gone${index}` };
  });
  const other = { member: 'x-k3s-m-2', incarnation: 'other', nodeId: 'gone' };
  scene.progress = { ...scene.progress, retired: [other, ...lives] };
  t.same(scene.settle(), [{ kind: 'forget-lives', lives: lives.slice(0, 2) }]);
  t.same(scene.progress.retired, [other, ...lives.slice(2)]);
  t.end();
});

t.test('R18: member IDs that are out are kept up to a number', (t) => {
  const scene = Scene.formed(3);
  const gone = Array.from({ length: mostGone }, (_, index) => `b${index}`);
  scene.progress = { ...scene.progress, gone };
  scene.replaces(3).settle();
  scene.etcdRemoves('a3').reports(1).reports(2);
  scene.settle();
  t.same(scene.progress.gone, [...gone.slice(1), 'a3']);
  t.end();
});

t.test('a member that is replaced on its machine for years leaves no life behind', (t) => {
  const scene = Scene.formed(3);
  for (let year = 0; year < 5; year += 1) {
    scene.replaces(3).settle();
    const id = scene.member(3)?.memberId ?? '';
    scene.etcdRemoves(id).votersReport().settle();
    scene.joins(3).settle();
    scene.etcdAdds(3).votersReport().settle();
    scene.progress = { ...scene.progress, gone: [] };
    scene.reports(3).settle();
    scene.etcdPromotes(3).votersReport().settle();
    scene.allReport().settle();
  }
  t.equal(scene.member(3)?.phase, 'voter');
  t.same(scene.progress.retired, []);
  t.end();
});

t.test('the life of a machine that gave way is known by that machine’s node', (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).reports(2).vacates(3);
  t.equal(scene.member(3)?.leaving?.nodeId, 'node3');
  const { nodes } = scene;
  const node = nodes['x-k3s-m-3'];
  if (node === undefined) throw new Error('it has joined');
  nodes['x-k3s-m-3'] = { ...node, nodeId: 'node9' };
  scene.settle();
  scene.etcdRemoves('a3').reports(1).reports(2).settle();
  t.match(scene.progress.retired, [{ member: 'x-k3s-m-3', nodeId: 'node3' }]);
  const lost = Scene.formed(3).wait(60).reports(1).reports(2).declaredLost(3);
  t.equal(lost.member(3)?.leaving?.nodeId, 'node3');
  t.end();
});
