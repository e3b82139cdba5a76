import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { type KnownMember, requireMinor } from '../../src/identity/etcd-minor.ts';
import { openHouse } from '../authority/samples.ts';
import { servingAlone } from '../support/nodes.ts';
import { refusalOf } from '../support/refusal.ts';
import { join, joinRequest, newMachine, newToken } from './samples.ts';

const serving = servingAlone('incarnation1', 'pi-1');

function member(joinedWith: string | null, installed: string | null, runs: string | null): KnownMember {
  if (installed === null) return { joinedWith, status: null };
  const service = { ...readyStatus().service, etcdVersion: installed };
  const etcd = runs === null || serving.etcd === null ? null : { ...serving.etcd, version: runs };
  return { joinedWith, status: { service, etcd } };
}

function refusal(members: readonly KnownMember[], version: string, recorded: string | null = null) {
  return refusalOf(() => requireMinor('prod', recorded, members, version));
}

/** The refusal of etcd 3.6.4, since the cluster runs another. */
function runs(runs: string) {
  return { code: 'etcd_minor_differs', facts: { version: '3.6.4', cluster: 'prod', runs, minor: '3.5' } };
}

t.test('the first to join may have any version', async (t) => {
  t.equal(refusal([], '3.6.4'), null);
});

t.test('R17 what the cluster is known to run decides, and no single member', async (t) => {
  const liar = [member('3.6.4', '3.6.4', '3.6.4')];
  t.equal(refusal(liar, '3.5.30', '3.5'), null);
  t.same(refusal(liar, '3.6.4', '3.5'), runs('3.5'));
});

t.test('what members run decides, and not what is installed beside it', async (t) => {
  const upgraded = member('3.5.16', '3.6.4', '3.5.16');
  t.equal(refusal([upgraded], '3.5.30'), null);
  t.same(refusal([upgraded], '3.6.4'), runs('3.5.16'));
});

t.test('before any runs, what the first have installed decides, by their last report', async (t) => {
  t.same(refusal([member('3.5.16', null, null)], '3.6.4'), runs('3.5.16'));
  t.equal(refusal([member('3.5.16', '3.6.4', null)], '3.6.4'), null);
  t.equal(refusal([member(null, null, null)], '3.6.4'), null, 'one that had none does not decide');
});

t.test('during an upgrade either version may join', async (t) => {
  const members = [member('3.5.16', '3.6.4', '3.6.4'), member('3.5.16', '3.5.16', '3.5.16')];
  t.strictSame([refusal(members, '3.5.16'), refusal(members, '3.6.1')], [null, null]);
});

t.test('a machine with another minor version is refused, and the token is not spent', async (t) => {
  const house = await openHouse(t);
  await join(house, joinRequest(await newMachine(1), await newToken(house)));
  const token = await newToken(house);
  const other = await newMachine(2, { etcdVersion: '3.6.4' });
  await t.rejects(join(house, joinRequest(other, token)), { code: 'etcd_minor_differs' });
  t.equal((await house.inventory.tokens.find(token.record.id))?.usesSpent, 0);
  t.equal((await house.inventory.nodes.all()).length, 1);
  await join(house, joinRequest({ ...other, facts: { ...other.facts, etcdVersion: '3.5.30' } }, token));
  t.equal((await house.inventory.nodes.all()).length, 2);
});

t.test('a node that is a member joins again with any version', async (t) => {
  const house = await openHouse(t);
  const machine = await newMachine(1);
  await join(house, joinRequest(machine, await newToken(house)));
  await join(house, joinRequest(await newMachine(2), await newToken(house)));
  const upgraded = { ...machine, facts: { ...machine.facts, etcdVersion: '3.6.4' } };
  await join(house, joinRequest(upgraded, await newToken(house)));
});
