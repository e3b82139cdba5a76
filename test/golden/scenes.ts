import { Scene, type StatusChanges } from '../../packages/coordinator/test/controller/support/situations.ts';
import { said } from '../support/said.ts';

/** Takes what is due in a scene, and writes down the steps and what is waited for then. */
export type Look = (moment: string, scene: Scene) => void;

const pending: StatusChanges = { service: { restartPending: true } };
const silent = { etcd: null, service: { state: 'crashed', reason: said('etcd exited with 1') } } as const;
const claims: StatusChanges = { agent: { generationSeen: 9 } };
const foreign: StatusChanges = { etcd: { clusterId: 'c2' } };

/** Three voters, and a setting that has just been changed. */
function changed(scene = Scene.formed(3)): Scene {
  scene.settle();
  const { spec } = scene;
  scene.spec = { ...spec, revision: spec.revision + 1, tuning: { ...spec.tuning, heartbeatIntervalMs: 100 } };
  return scene;
}

/** Situations that a cluster gets into, each with the moments at which somebody looks. */
export const scenes: Readonly<Record<string, (look: Look) => void>> = {
  'a node is not ready to found': (look) => {
    look('nobody has joined', new Scene());
    look('no etcd is installed', new Scene().joins(1, { service: { etcdVersion: null } }));
    look('it holds no certificates', new Scene().joins(1, { certificates: [] }));
    look('its agent waits', new Scene().joins(1, { agent: { waits: [said('the clock to be set')] } }));
    look('it has an incarnation of its own', new Scene().joins(1, { service: { incarnation: 'life9999' } }));
    look('it reported long ago', new Scene().joins(1).wait(60));
    look('the clock was set back', new Scene().wait(60).joins(1).wait(-30));
  },
  'a founder does not come up': (look) => {
    const scene = new Scene().joins(1);
    look('released', scene);
    look('it crashed', scene.reports(1, silent));
    look('silent', scene.wait(60));
  },
  'members enter one by one': (look) => {
    const scene = new Scene().founded().joins(2).joins(3);
    look('the first is asked for', scene);
    look('it is a learner', scene.etcdAdds(2).votersReport());
    look('it follows', scene.reports(2));
    look('it is a voter', scene.etcdPromotes(2).votersReport());
    look('it serves', scene.reports(2));
  },
  'the third is not there': (look) => {
    const scene = new Scene().founded().joins(2);
    scene.settle();
    look('the second stays a learner', scene.etcdAdds(2).votersReport().reports(2));
    look('the third has no etcd', scene.joins(3, { service: { etcdVersion: null } }));
    look('the third has another minor version', scene.joins(3, { service: { etcdVersion: '3.6.4' } }));
  },
  'a learner does not catch up': (look) => {
    const scene = new Scene({ members: 2 }).founded().joins(2);
    scene.settle();
    scene.etcdAdds(2).votersReport().settle();
    look('its etcd exits', scene.reports(2, silent));
    look('for five minutes', scene.wait(301).reports(1).reports(2, silent));
    look('it is out', scene.etcdRemoves('a2').votersReport());
    look('it is blank again', scene.published(2).joins(2));
    look('half a minute later', scene.wait(31).reports(1).joins(2));
  },
  'a promotion is refused': (look) => {
    const scene = new Scene({ members: 2 }).founded().joins(2);
    scene.settle();
    scene.etcdAdds(2).votersReport().reports(2).settle();
    const reason = 'etcdserver: can only promote a learner member which is in sync with leader';
    const id = scene.progress.assignment?.id ?? '';
    const refused = { lastStep: { id, member: scene.name(2), outcome: 'refused', reason: said(reason) } } as const;
    look('refused', scene.reports(1, refused));
    look('half a minute later', scene.wait(31).reports(1, refused).reports(2));
  },
  'a promotion is no longer asked for': (look) => {
    const scene = Scene.formed(3, { members: 4 }).joins(4);
    scene.settle();
    scene.etcdAdds(4).votersReport().reports(4).settle();
    look('a voter does not serve', scene.wait(31).allReport().reports(3, { etcd: null }));
    look('that voter is replaced', scene.replaces(3));
    look('its lease is over', scene.wait(126).allReport().reports(3, { etcd: null }));
  },
  'a voter is ill or away': (look) => {
    look('one crashed', Scene.formed(3).reports(3, silent));
    look('one is silent', Scene.formed(3).wait(60).reports(1).reports(2));
    look('two are silent', Scene.formed(3).wait(60).reports(1));
    look('all are silent', Scene.formed(3).wait(60));
    look('one sees no leader', Scene.formed(3).reports(3, { etcd: { leader: '0' } }));
    look('one serves no reads', Scene.formed(3).reports(3, { etcd: { linearizableRead: false } }));
    look('authentication is on', Scene.formed(3).reports(3, { etcd: null, service: { authenticationOn: true } }));
  },
  'restarts, one at a time': (look) => {
    const scene = Scene.formed(3).reports(1, pending).reports(2, pending).reports(3, pending);
    look('the first is granted', scene);
    look('it does not come back', scene.wait(125).reports(1, pending).reports(3, pending));
    look('its lease is over', scene.wait(130).reports(1, pending).reports(2, silent).reports(3, pending));
    look('a voter is ill', Scene.formed(3).reports(1, pending).reports(3, silent));
    look('of two', Scene.formed(2, { members: 2 }).reports(1, pending).reports(2, pending));
    look('the leader is first to tell', Scene.formed(3).published(2).published(3).reports(1, pending));
  },
  'a setting is rolled out': (look) => {
    const scene = changed();
    look('the first is given it', scene.allReport());
    look('it is to restart', scene.published(2).reports(2, pending));
    look('it cannot run with it', scene.reports(2, { service: { rejected: said('etcd ended at once') } }));
    look('in a cluster of two', changed(Scene.formed(2, { members: 2 })).allReport());
    look('while a voter is ill', changed().allReport().reports(3, silent));
    const silentOne = changed();
    silentOne.allReport().settle();
    look('while it is silent', silentOne.wait(60).reports(1).reports(3));
  },
  'claims and other clusters': (look) => {
    look('one claims what was not published', Scene.formed(3).reports(3, claims));
    const scene = Scene.formed(3).reports(3, claims);
    scene.settle();
    look('it withdraws the claim', scene.wait(10).allReport());
    look('five minutes later', scene.wait(301).allReport());
    look('one reports another cluster', Scene.formed(3).reports(3, foreign));
    look('the only one reports another cluster', Scene.formed(1, { members: 1 }).reports(1, foreign));
  },
  'a member is replaced': (look) => {
    const scene = Scene.formed(3).replaces(2);
    look('it is asked for', scene);
    look('nothing is seen of it', scene.wait(31).allReport());
    look('it is out', scene.etcdRemoves('a2').reports(1).reports(3));
    look(
      'its incarnation is put away',
      scene.published(2).joins(2, { agent: { generationSeen: 2, generationApplied: 2 } }),
    );
    const lost = Scene.formed(3).wait(60).reports(1).reports(2).declaredLost(3);
    look('one is declared lost', lost);
  },
  snapshots: (look) => {
    const scene = Scene.formed(3, { snapshotEveryMinutes: 60 });
    look('the first is due', scene.wait(3600).allReport());
    const id = scene.progress.snapshots.task?.id ?? '';
    const executor = Number(scene.progress.snapshots.task?.executor.at(-1));
    const failed = { lastSnapshot: { id, outcome: 'failed', reason: said('the disk is full') } } as const;
    look('it failed', scene.wait(5).allReport().reports(executor, failed));
    look('again', scene.wait(31).allReport());
  },
};
