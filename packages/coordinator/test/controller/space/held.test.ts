import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../support/said.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const mebibyte = 1024 ** 2;
const member = 'x-k3s-m-3';
const raised = { alarms: ['NOSPACE on a1'] };
const full: Partial<EtcdReport> = { ...raised, dbSizeBytes: 2048 * mebibyte, dbSizeInUseBytes: 2040 * mebibyte };
const compacted: Partial<EtcdReport> = { ...full, dbSizeInUseBytes: 300 * mebibyte };
const small: Partial<EtcdReport> = { ...compacted, dbSizeBytes: 301 * mebibyte };
const stopped: StatusChanges = { etcd: null, service: { state: 'stopped' }, healthySince: null };

/** The third member is held, and then the databases are full. */
function heldAndFull(): Scene {
  const scene = Scene.formed(3)
    .wait(600)
    .take({ kind: 'grant-hold', member, by: 'operator ada', why: null, seconds: 3600, stop: true })
    .published(3);
  scene.wait(1).allReport();
  reports(scene, full);
  scene.settle();
  return scene;
}

/** All report their databases, the held one while its etcd is stopped. */
function reports(scene: Scene, etcd: Partial<EtcdReport>): Scene {
  const held = { permit: scene.progress.permit?.id ?? '', rebooted: false };
  scene.reports(1, { etcd }).reports(2, { etcd });
  return scene.reports(3, { ...stopped, service: { ...stopped.service, held } });
}

function hasCompacted(scene: Scene, then: Partial<EtcdReport>): Scene {
  const id = scene.progress.maintenance.task?.id ?? '';
  scene.reports(2, { etcd: then, lastMaintenance: { id, outcome: 'done', reason: said('so') } });
  scene.settle();
  return reports(scene.wait(5), then);
}

t.test('R2: while a member is held, a full database is compacted by another one, and none is defragmented', (t) => {
  const scene = heldAndFull();
  t.match(scene.progress.permit, { member, hold: { taken: true } });
  t.match(scene.progress.maintenance.task, { kind: 'compact', executor: 'x-k3s-m-2' });
  hasCompacted(scene, compacted);
  t.match(scene.decide(), {
    step: null,
    waits: [{ code: 'defragments_after_hold', facts: { cluster: 'x-k3s', member: 'x-k3s-m-3' } }],
  });
  t.end();
});

t.test(
  'if there is room after that, writes are allowed again: a voter that is stopped may be full, for five minutes',
  (t) => {
    const scene = hasCompacted(heldAndFull(), small);
    t.match(scene.decide().step, null);
    reports(scene.wait(300), small);
    t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'disarm' }]);
    t.end();
  },
);

t.test('a hold ends also while there is no room, and the databases are defragmented after it', (t) => {
  const scene = hasCompacted(heldAndFull(), compacted);
  reports(scene.wait(3600), compacted);
  t.match(scene.settle(), [{ kind: 'withdraw-permit', member, reason: reason('hold_time_over') }]);
  scene.published(3);
  const back = () =>
    scene.wait(11).reports(1, { etcd: compacted }).reports(2, { etcd: compacted }).reports(3, { etcd: compacted });
  back();
  t.match(back().settle(), [
    { kind: 'end-hold', member },
    { kind: 'grant-defragmentation', member: 'x-k3s-m-2' },
  ]);
  t.end();
});

t.test('the held member itself compacts nothing', (t) => {
  const scene = Scene.formed(3)
    .wait(600)
    .take({ kind: 'grant-hold', member: 'x-k3s-m-2', by: 'operator ada', why: null, seconds: 3600, stop: false })
    .published(2)
    .wait(1);
  for (const number of [1, 2, 3]) scene.reports(number, { etcd: full });
  scene.settle();
  t.match(scene.progress.maintenance.task, { kind: 'compact', executor: member });
  t.end();
});
