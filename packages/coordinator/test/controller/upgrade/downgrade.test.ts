import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { eachChanges } from '../../../src/controller/concerns.ts';
import { ableToEnter } from '../../../src/controller/membership/newcomers.ts';
import { ordersTo } from '../../../src/controller/orders.ts';
import { underWay } from '../../../src/controller/under-way.ts';
import { lastWithFormer } from '../../../src/model/upgrade-stage.ts';
import { Upgrading } from './upgrading.ts';

const install = (version: string | null) => ({ kind: 'install', version }) as const;
const lower = (to: string) => ({ kind: 'downgrade', to }) as const;
const whole = [lower('3.5'), install('3.5.33')];

function down(stages: Parameters<Upgrading['orders']>[0] = whole, runs = '3.6.14'): Upgrading {
  const cluster = new Upgrading({ runs });
  cluster.unable = '3.5.33';
  return cluster.orders(stages, [], true);
}

const kinds = (cluster: Upgrading) => cluster.taken.map(({ kind }) => kind);
const asked = (cluster: Upgrading) =>
  cluster.taken.flatMap((step) => (step.kind === 'assign-downgrade' ? [step.to] : []));
const gotEarlier = (cluster: Upgrading) =>
  cluster.taken.some((step) => step.kind === 'release-configuration' && step.configuration.etcd?.version === '3.5.33');
const waits = (cluster: Upgrading) => cluster.scene.decide().waits.map(({ code }) => code);

t.test(
  'R17 a downgrade lets etcd lower its cluster version, then swaps each member, and ends etcd’s downgrade',
  (t) => {
    const cluster = down().rounds();
    t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.5.33']);
    t.equal(cluster.upgrade, null);
    t.equal(cluster.scene.progress.etcdMinor, '3.5');
    t.strictSame(asked(cluster), ['3.5', null]);
    const given = cluster.taken.flatMap((step) => (step.kind === 'release-configuration' ? [step.member] : []));
    t.strictSame(given, ['x-k3s-m-2', 'x-k3s-m-3', 'x-k3s-m-1'], 'the leader last');
    t.match(cluster.taken.at(-1), { kind: 'end-upgrade', aborted: false, down: true });
    t.end();
  },
);

t.test('R17 two minor versions are two steps, and etcd 3.6 shows itself that its downgrade is over', (t) => {
  const cluster = down([lower('3.6'), install('3.6.14'), ...whole], '3.7.1').rounds(120);
  t.strictSame(new Set(cluster.versions()), new Set(['3.5.33']));
  t.strictSame(asked(cluster), ['3.6', '3.5', null]);
  t.end();
});

t.test('clusters of one, two and five members go the same way', (t) => {
  for (const members of [1, 2, 5]) {
    const cluster = new Upgrading({ runs: '3.6.14', members, allowDowntime: true }).orders(whole, [], true).rounds(120);
    t.strictSame(cluster.versions(), Array(members).fill('3.5.33'));
    t.equal(cluster.upgrade, null);
    t.strictSame(asked(cluster), ['3.5', null]);
  }
  t.end();
});

t.test('R17 where etcd does not end its downgrade itself, it is asked to, also in etcd 3.6', (t) => {
  const cluster = down([lower('3.6'), install('3.6.14')], '3.7.1');
  cluster.endsItself = false;
  cluster.rounds();
  t.strictSame(asked(cluster), ['3.6', null]);
  t.equal(cluster.upgrade, null);
  t.equal(cluster.downgradesTo, null);
  t.end();
});

t.test('R17 no member gets the earlier etcd before each voter shows that its data have come down', (t) => {
  const cluster = down();
  cluster.keepsStorage.add(3);
  cluster.rounds();
  t.notOk(gotEarlier(cluster), 'one that does not is enough to wait for');
  t.strictSame(waits(cluster), ['cluster_version_falls']);
  cluster.keepsStorage.clear();
  cluster.rounds();
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R6 R17 if somebody cancels etcd’s downgrade, no member gets the earlier etcd, and it is ordered again', (t) => {
  const cluster = down();
  for (let round = 0; round < 9 && !asked(cluster).includes('3.5'); round += 1) cluster.round();
  cluster.steers('pause').rounds(5);
  t.ok(kinds(cluster).includes('end-upgrade-stage'), 'the versions have come down');
  cluster.downgradesTo = null;
  cluster.raises = false;
  cluster.allReport();
  cluster.steers('resume').rounds(5);
  t.notOk(gotEarlier(cluster), 'etcd raises its version at any moment');
  t.strictSame(waits(cluster), ['cluster_version_falls']);
  cluster.raises = true;
  cluster.rounds();
  t.strictSame(asked(cluster), ['3.5', '3.5', null]);
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test(
  'R17 if somebody cancels etcd’s downgrade after a member got the earlier etcd, it does not restart with it',
  (t) => {
    const cluster = down();
    for (let round = 0; round < 60 && !gotEarlier(cluster); round += 1) cluster.round();
    t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
    cluster.downgradesTo = null;
    cluster.clusterVersion = '3.6.0';
    cluster.refusal = 'etcdserver: not capable';
    cluster.allReport();
    cluster.rounds(6);
    t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
    cluster.refusal = null;
    cluster.rounds(80);
    t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.5.33']);
    t.equal(cluster.upgrade, null);
    t.end();
  },
);

t.test('R6 during a downgrade the last member with the later etcd is replaced without more words', (t) => {
  const cluster = down();
  const later = () => cluster.versions().filter((version) => version === '3.6.14').length;
  for (let round = 0; round < 90 && later() > 1; round += 1) cluster.round();
  t.equal(later(), 1);
  const situation = { ...cluster.scene, status: cluster.scene.status() };
  t.equal(lastWithFormer(situation, 'x-k3s-m-1'), null);
  t.end();
});

t.test('what etcd answers to a refused order is shown, and it is asked again, another voter first', (t) => {
  const cluster = down();
  cluster.refusal = 'etcdserver: invalid downgrade target version';
  cluster.rounds(3);
  t.match(cluster.scene.decide().waits, [{ code: 'downgrade_not_ordered', facts: { to: '3.5' } }]);
  cluster.rounds(3);
  const executors = cluster.taken.flatMap((step) => (step.kind === 'assign-downgrade' ? [step.executor] : []));
  t.strictSame(executors.slice(0, 2), ['x-k3s-m-1', 'x-k3s-m-2']);
  cluster.refusal = null;
  cluster.rounds();
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R6 nothing is asked of etcd without a snapshot of the last minutes', (t) => {
  const cluster = down();
  cluster.storesSnapshots = false;
  cluster.rounds();
  t.strictSame(asked(cluster), []);
  cluster.storesSnapshots = true;
  cluster.rounds();
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R2 nothing is asked of etcd while a voter does not serve, or an operator has paused', (t) => {
  const cluster = down();
  cluster.cannotRun.add(3);
  cluster.unable = null;
  cluster.rounds(6);
  t.strictSame(asked(cluster), []);
  cluster.cannotRun.clear();
  cluster.allReport();
  cluster.steers('pause').rounds(5);
  t.strictSame(asked(cluster), []);
  t.strictSame(waits(cluster), ['downgrade_paused']);
  cluster.steers('resume').rounds();
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R2 no other order of an operator begins beside the order for etcd’s downgrade, which has its lease', (t) => {
  const cluster = down();
  cluster.refusal = '';
  for (let round = 0; round < 9 && cluster.upgrade?.order === undefined; round += 1) {
    cluster.scene.wait(1);
    cluster.allReport();
    cluster.round();
    cluster.taken.push(...cluster.scene.settle());
  }
  cluster.refusal = null;
  const { scene } = cluster;
  const { order } = cluster.upgrade ?? {};
  t.match(ordersTo(scene.progress, 'x-k3s-m-1').maintenance, { id: order?.id, kind: 'downgrade', to: '3.5' });
  t.strictSame(ordersTo(scene.progress, 'x-k3s-m-2').maintenance, undefined);
  t.match(underWay({ ...scene, status: scene.status() }), { code: 'downgrade_ordered' });
  t.end();
});

/** A downgrade whose first member runs the earlier etcd. */
function halfWay(): Upgrading {
  const cluster = new Upgrading({ runs: '3.6.14' }).orders(whole, ['after-first'], true).rounds();
  return cluster;
}

t.test('R6 R17 an abort half way ends etcd’s downgrade at once, and brings the later etcd back everywhere', (t) => {
  const cluster = halfWay();
  t.strictSame(cluster.versions(), ['3.6.14', '3.5.33', '3.6.14']);
  const before = cluster.taken.length;
  cluster.steers('abort');
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
  t.equal(cluster.downgradesTo, null);
  t.equal(cluster.clusterVersion, '3.6.0');
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.strictSame(
    cluster.taken.slice(before).flatMap(({ kind }) => (/downgrade|release-conf|settle/.test(kind) ? [kind] : [])),
    ['assign-downgrade', 'record-downgrade', 'release-configuration', 'settle-configuration'],
  );
  t.match(cluster.taken.at(-1), { kind: 'end-upgrade', aborted: true, down: true });
  t.end();
});

t.test(
  'in a cluster with both versions the later etcd is asked: etcd 3.5 may not answer although it has done it',
  (t) => {
    const cluster = halfWay();
    cluster.scene.leader = 'a2';
    cluster.allReport();
    cluster.steers('abort').settle();
    t.match(cluster.upgrade?.order, { executor: 'x-k3s-m-1', to: null });
    t.end();
  },
);

t.test(
  'R17 an abort before a member changed waits for the order that is under way, and then ends etcd’s downgrade',
  (t) => {
    const cluster = down();
    for (let round = 0; round < 9 && !asked(cluster).includes('3.5'); round += 1) cluster.round();
    t.ok(cluster.upgrade?.order, 'it is under way');
    cluster.steers('abort');
    t.ok(cluster.upgrade?.order);
    cluster.rounds();
    t.strictSame(asked(cluster), ['3.5', null]);
    t.equal(cluster.clusterVersion, '3.6.0');
    t.equal(cluster.upgrade, null);
    t.end();
  },
);

t.test('R17 after an abort, reports from before the order do not show that etcd’s downgrade is over', (t) => {
  const cluster = down();
  cluster.keepsStorage.add(1);
  for (let round = 0; round < 9 && !kinds(cluster).includes('record-downgrade'); round += 1) cluster.round();
  const former = {
    clusterVersion: '3.6.0',
    storageVersion: '3.6.0',
    downgradeInfo: { enabled: false, targetVersion: '' },
  };
  for (const number of [1, 2, 3]) cluster.report(number, { etcd: former });
  cluster.steers('abort').settle();
  t.match(cluster.upgrade?.order, { to: null });
  cluster.rounds();
  t.equal(cluster.downgradesTo, null);
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R17 an aborted downgrade is not over before a quorum shows the later cluster version', (t) => {
  const cluster = halfWay();
  cluster.steers('abort');
  cluster.raises = false;
  cluster.rounds();
  t.match(cluster.scene.decide().waits, [{ code: 'cluster_version_rises', facts: { minor: '3.6' } }]);
  t.ok(cluster.upgrade);
  t.end();
});

t.test('an abort after a step that every member has done gives only the later steps up', (t) => {
  const cluster = down([lower('3.6'), install('3.6.14'), ...whole], '3.7.1');
  cluster.endsItself = false;
  const settled = () => cluster.scene.progress.configuration.settled?.etcd?.version === '3.6.14';
  for (let round = 0; round < 60 && !settled(); round += 1) cluster.round();
  cluster.steers('abort').rounds();
  t.strictSame(new Set(cluster.versions()), new Set(['3.6.14']));
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.match(cluster.taken.at(-1), { kind: 'end-upgrade', to: '3.6.14', aborted: false });
  t.end();
});

t.test(
  'R6 a member that cannot run with the earlier etcd gets the later one back, although etcd has come down',
  (t) => {
    const cluster = down();
    cluster.cannotRun.add(2);
    cluster.rounds();
    t.ok(kinds(cluster).includes('put-back-configuration'));
    t.strictSame([cluster.at(1).version, cluster.at(3).version], ['3.6.14', '3.6.14'], 'no other gets the earlier one');
    t.end();
  },
);

t.test('etcd 3.5 with authentication on cannot be asked whether its downgrade is over, and ends it itself', (t) => {
  const cluster = down();
  cluster.keepsOut = true;
  cluster.rounds();
  t.strictSame(asked(cluster), ['3.5']);
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test(
  'R17 a downgrade to etcd 3.5 is not complete before a voter has answered that etcd’s own downgrade is over',
  (t) => {
    const cluster = down();
    for (let round = 0; round < 60 && !asked(cluster).includes(null); round += 1) cluster.round();
    t.strictSame(new Set(cluster.versions()), new Set(['3.5.33']));
    t.ok(cluster.upgrade, 'until it has answered');
    cluster.rounds(3);
    t.equal(cluster.upgrade, null);
    t.end();
  },
);

t.test('R17 during etcd’s downgrade no newcomer enters, and after an abort one may', (t) => {
  const cluster = halfWay();
  const able = () => ableToEnter('x-k3s-m-4', { ...cluster.scene, status: cluster.scene.status() });
  t.strictSame(able(), { ok: false, why: reason('newcomer_after_downgrade', { cluster: 'x-k3s' }) });
  cluster.steers('abort');
  t.strictSame(able(), { ok: false, why: reason('newcomer_after_downgrade', { cluster: 'x-k3s' }) });
  cluster.settle();
  for (let round = 0; round < 9 && cluster.downgradesTo !== null; round += 1) cluster.round();
  t.strictSame(cluster.versions(), ['3.6.14', '3.5.33', '3.6.14']);
  t.strictSame(able(), { ok: false, why: reason('not_joined') });
  t.end();
});

/** A downgrade that is over, and a coordinator restored from the moment at which this holds. */
function restoredFrom(when: (cluster: Upgrading) => boolean): Upgrading {
  const cluster = down();
  for (let round = 0; round < 60 && !when(cluster); round += 1) cluster.round();
  const { progress } = cluster.scene;
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.5.33']);
  cluster.scene.progress = eachChanges(progress, (concern, part) => concern.onTakeOver?.(part));
  cluster.taken.length = 0;
  cluster.allReport();
  return cluster;
}

t.test(
  'R17 a coordinator restored from any stage of a downgrade that is over starts no later etcd again, and ends it',
  (t) => {
    const moments: Readonly<Record<string, (cluster: Upgrading) => boolean>> = {
      'its beginning': () => true,
      'the order for it': (cluster) => asked(cluster).includes('3.5'),
      'the second stage': ({ upgrade }) => upgrade?.at === 1,
      'the first member': ({ scene }) => Object.keys(scene.progress.configuration.rolledOut).length > 0,
    };
    for (const [moment, when] of Object.entries(moments)) {
      const cluster = restoredFrom(when);
      const seen = new Set<string>();
      for (let round = 0; round < 40; round += 1) {
        cluster.round();
        for (const version of cluster.versions()) seen.add(version);
      }
      t.strictSame([...seen], ['3.5.33'], moment);
      t.equal(cluster.upgrade, null, moment);
      t.equal(cluster.scene.progress.etcdMinor, '3.5', moment);
    }
    t.end();
  },
);

t.test('R17 a coordinator restored from the first of two steps down starts the latest etcd on no member', (t) => {
  const cluster = down([lower('3.6'), install('3.6.14'), ...whole], '3.7.1');
  const { progress } = cluster.scene;
  for (let round = 0; round < 60 && cluster.upgrade?.at !== 3; round += 1) cluster.round();
  t.strictSame([cluster.versions(), cluster.clusterVersion], [['3.6.14', '3.6.14', '3.6.14'], '3.5.0']);
  cluster.scene.progress = eachChanges(progress, (concern, part) => concern.onTakeOver?.(part));
  const seen = new Set<string>();
  for (let round = 0; round < 80; round += 1) {
    cluster.round();
    for (const version of cluster.versions()) seen.add(version);
  }
  t.strictSame(seen, new Set(['3.6.14', '3.5.33']));
  t.equal(cluster.upgrade, null);
  t.end();
});

/** The coordinator was restored from before a downgrade, an operator orders it again, and these members have gone down before. */
function orderedAgain(...members: readonly number[]): Upgrading {
  const cluster = new Upgrading({ runs: '3.6.14' });
  cluster.unable = '3.5.33';
  cluster.clusterVersion = '3.5.0';
  for (const number of members)
    cluster.runs.set(number, { ...cluster.at(number), version: '3.5.33', release: '3.5.33' });
  return cluster.orders(whole, [], true);
}

t.test('R17 a downgrade that is ordered again restarts nobody up that has gone down before', (t) => {
  for (const isEnabled of [true, false]) {
    const cluster = orderedAgain(2, 3);
    cluster.downgradesTo = isEnabled ? '3.5' : null;
    cluster.raises = false;
    cluster.allReport();
    cluster.rounds();
    t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.5.33']);
    t.equal(cluster.upgrade, null);
    t.equal(cluster.scene.progress.etcdMinor, '3.5');
    const permits = cluster.taken.flatMap((step) => (step.kind === 'grant-permit' ? [step.member] : []));
    t.strictSame(permits, ['x-k3s-m-1']);
  }
  t.end();
});

t.test('R6 a member whose earlier etcd was put back restarts with the later one', (t) => {
  const cluster = orderedAgain(2);
  cluster.downgradesTo = '3.5';
  const { scene } = cluster;
  for (let count = 0; count < 9 && cluster.upgrade?.at === 0; count += 1) cluster.round();
  const { settled } = scene.progress.configuration;
  const putBack = { ...scene.progress.configuration, rolledOut: { 'x-k3s-m-2': settled! }, trial: null, paused: true };
  scene.progress = { ...scene.progress, permit: null, configuration: putBack };
  cluster.taken.length = 0;
  cluster.allReport();
  cluster.settle();
  t.match(cluster.taken, [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  t.end();
});
