import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { Scene } from '../support/situations.ts';

/** Three voters; the second one has the order to switch authentication on. */
function ordered(): Scene {
  return Scene.formed(3).take({
    kind: 'assign-authentication',
    executor: 'x-k3s-m-2',
    enable: true,
    clients: [],
    why: reason('asked_for', { by: 'operator admin' }),
  });
}

/** The others report, of authentication this. */
function othersReport(scene: Scene, isOn: boolean): Scene {
  const service = isOn ? { authenticationOn: true as const } : {};
  return scene.reports(1, { service }).reports(3, { service });
}

function id(scene: Scene): string {
  return scene.progress.authentication.task?.id ?? '';
}

const waits = reason('authentication_switches', { executor: 'x-k3s-m-2', enable: true });

t.test('R19: after an outage the coordinator waits for the word of the agent', async (t) => {
  const scene = othersReport(ordered().wait(283).startedAgo(1), false);
  t.match(scene.decide(), { step: null, waits: [waits] });
  const order = id(scene);
  scene.reports(2, { lastMaintenance: { id: order, outcome: 'done', reason: reason('authentication_enabled') } });
  t.match(scene.takeNext(), { kind: 'record-authentication', outcome: 'done' });
});

t.test('R19: also after a short one, since the order may be newer than the stored report', async (t) => {
  const scene = ordered().wait(110).reports(2).wait(20).startedAgo(1);
  t.match(othersReport(scene, false).decide(), { step: null, waits: [waits] });
});

t.test('R19: if the agent stays silent, the reports of the others say that it is done', async (t) => {
  const scene = othersReport(ordered().wait(60), true);
  t.match(scene.takeNext(), { kind: 'record-authentication', outcome: 'seen' });
  t.equal(scene.progress.authentication.failure, null);
});

t.test('R19: an order of an agent that is silent has not failed while it may be carried out', async (t) => {
  const scene = othersReport(ordered().wait(60), false);
  t.match(scene.decide(), { step: null, waits: [waits] });
  scene.wait(160);
  t.match(othersReport(scene, false).takeNext(), { kind: 'record-authentication', outcome: 'failed' });
});

t.test('R19: if no voter reports, the outcome is unknown', async (t) => {
  const scene = ordered().wait(260);
  t.match(scene.takeNext(), { kind: 'record-authentication', outcome: 'unknown' });
  t.match(scene.progress.authentication.failure, { unknown: true, reason: { code: 'silent' } });
});
