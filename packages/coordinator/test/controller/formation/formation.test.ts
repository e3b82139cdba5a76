import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { applyStep } from '../../../src/controller/apply-step.ts';
import { resetFormation } from '../../../src/controller/reset-formation.ts';
import { wantedConfiguration } from '../../../src/model/configuration-of.ts';
import { emptyProgress } from '../../../src/model/progress.ts';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

t.test('R1 nobody has joined: the wait names who may found', (t) => {
  t.same(new Scene().decide(), {
    step: null,
    waits: [reason('first_to_join', { members: ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'] })],
  });
  t.end();
});

t.test('R1 the first to have joined founds, whatever its place in the spec', (t) => {
  t.same(new Scene().joins(3).joins(1).decide().step, { kind: 'found', member: 'x-k3s-m-3', installed: '3.5' });
  t.end();
});

t.test('R1 the first to be prepared founds, if an earlier one is not', (t) => {
  const scene = new Scene().joins(3, { service: { etcdVersion: null } }).joins(1);
  t.same(scene.decide().step, { kind: 'found', member: 'x-k3s-m-1', installed: '3.5' });
  t.end();
});

t.test('R1 after a restore nobody founds before all that have reported follow the restored coordinator', (t) => {
  const epoch = { number: 1, name: 'epoch001' };
  const scene = new Scene().joins(1, { agent: { epoch } }).joins(2);
  const restored = (number: number) => {
    const node = scene.nodes[scene.name(number)];
    if (node !== undefined) scene.nodes[scene.name(number)] = { ...node, epoch };
  };
  restored(1);
  restored(2);
  t.same(scene.decide(), {
    step: null,
    waits: [reason('follows_restored', { member: 'x-k3s-m-2' })],
  });
  scene.joins(2, { agent: { epoch } });
  restored(2);
  t.same(scene.decide().step, { kind: 'found', member: 'x-k3s-m-1', installed: '3.5' });
  t.end();
});

t.test('R1 nobody is prepared: each wait says why', (t) => {
  const scene = new Scene()
    .joins(1, { certificates: [] })
    .joins(2, { service: { etcdVersion: null } })
    .joins(3, { agent: { waits: [said('the clock is not set')] } });
  t.same(scene.decide(), {
    step: null,
    waits: [
      reason('ready_to_found', {
        member: 'x-k3s-m-1',
        why: reason('certificates_missing', { purposes: ['server', 'peer', 'client'] }),
      }),
      reason('ready_to_found', { member: 'x-k3s-m-2', why: reason('etcd_not_installed') }),
      reason('ready_to_found', {
        member: 'x-k3s-m-3',
        why: reason('agent_waits', { why: said('the clock is not set') }),
      }),
    ],
  });
  scene.wait(60);
  t.strictSame(
    scene.decide().waits[0],
    reason('ready_to_found', { member: 'x-k3s-m-1', why: reason('silent', { seconds: 60 }) }),
  );
  t.end();
});

t.test('R1 once a founder is released no other is, however long it takes', (t) => {
  const scene = new Scene().joins(1);
  t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-1', installed: '3.5' }]);
  t.equal(scene.progress.formation?.token, 'x-k3s-nonce1');
  scene.wait(3600).joins(2);
  t.same(scene.decide(), {
    step: null,
    waits: [reason('founds', { member: 'x-k3s-m-1', why: reason('silent', { seconds: 3600 }) })],
  });
  t.end();
});

t.test(
  'R1 the cluster ID is accepted only from the released incarnation, with a leader and a linearizable read',
  (t) => {
    const scene = new Scene().joins(1);
    scene.settle();
    for (const [what, etcd] of [
      ['no leader', { leader: '0' }],
      ['no linearizable read', { linearizableRead: false }],
    ] as const) {
      t.equal(scene.reports(1, { etcd }).decide().step, null, what);
    }
    t.equal(scene.reports(1, { service: { incarnation: 'another' } }).decide().step, null, 'another incarnation');
    t.equal(scene.reports(1, { etcd: null }).decide().step, null, 'no answer');
    t.same(scene.reports(1).decide().step, {
      kind: 'record-cluster',
      member: 'x-k3s-m-1',
      clusterId: 'c1',
      memberId: 'a1',
      asOf: { a1: 10 },
      configuration: wantedConfiguration(scene.spec),
      etcdMinor: '3.5',
    });
    t.end();
  },
);

t.test('R1 a reset is refused before a founding and once a second voter is possible', (t) => {
  t.throws(() => resetFormation(emptyProgress, 'x-k3s', new Scene().status()), { code: 'reset_refused' });
  const scene = new Scene({ members: 2 }).founded().joins(2);
  t.same(resetFormation(scene.progress, 'x-k3s', scene.status()).formation, null, 'a founder alone');
  scene.settle();
  scene.etcdAdds(2).reports(1).settle();
  const learning = resetFormation(scene.progress, 'x-k3s', scene.status());
  t.same(
    learning.retired.map(({ member }) => member),
    ['x-k3s-m-1', 'x-k3s-m-2'],
    'a learner is no voter; every incarnation is retired',
  );
  scene.reports(2).settle();
  t.equal(scene.progress.assignment?.mutation.kind, 'promote');
  t.throws(
    () => resetFormation(scene.progress, 'x-k3s', scene.status()),
    { code: 'reset_refused' },
    'an order makes it possible',
  );
  scene.etcdPromotes(2).reports(1).settle();
  t.throws(() => resetFormation(scene.progress, 'x-k3s', scene.status()), { code: 'reset_refused' });
  t.end();
});

t.test(
  'R1 a second formation has another incarnation and another token, and waits until the first is put away',
  (t) => {
    const scene = new Scene().founded();
    const { token, incarnation } = scene.progress.formation ?? {};
    scene.progress = resetFormation(scene.progress, 'x-k3s', scene.status());
    scene.published(1);
    t.same(scene.decide().waits, [
      reason('ready_to_found', { member: 'x-k3s-m-1', why: reason('former_incarnation_not_put_away') }),
    ]);
    scene.joins(1);
    t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-1', installed: '3.5' }]);
    t.not(scene.progress.formation?.token, token);
    t.not(scene.progress.formation?.incarnation, incarnation);
    t.end();
  },
);

t.test('R1 R5 R12 what a freeze keeps: its reason, and nothing in progress', (t) => {
  const scene = Scene.formed(3);
  const { progress } = scene;
  const fresh = { incarnation: 'incarnation', nonce: 'nonce', id: 'id' };
  const frozen = applyStep(progress, { kind: 'freeze', reason: said('a test') }, 'x-k3s', fresh, 0);
  t.same([frozen.frozen, frozen.assignment, frozen.permit], [said('a test'), null, null]);
  t.throws(() => resetFormation(frozen, 'x-k3s', scene.status()), { code: 'reset_refused' });
  t.end();
});

t.test('R17 with a release the cluster has its minor version from the start, and no package takes its place', (t) => {
  const scene = new Scene();
  scene.spec = { ...scene.spec, etcd: { source: 'release', version: '3.6.16' } };
  const why = reason('release_not_ready', { version: '3.6.16' });
  scene.joins(1, { service: { etcdVersion: '3.6.14' } });
  t.strictSame(scene.decide().waits, [reason('ready_to_found', { member: 'x-k3s-m-1', why })]);
  const fetching = said('etcd 3.6.16 from the coordinator');
  scene.joins(1, { service: { etcdVersion: null }, agent: { waits: [fetching] } });
  const waits = reason('agent_waits', { why: fetching });
  t.strictSame(scene.decide().waits, [reason('ready_to_found', { member: 'x-k3s-m-1', why: waits })], 'its own word');
  scene.joins(1, { service: { etcdVersion: '3.6.16' } });
  t.same(scene.decide().step, { kind: 'found', member: 'x-k3s-m-1', installed: '3.6' });
  t.end();
});
