import t from 'tap';
import type { Client } from '../../packages/coordinator/test/support/client.ts';
import { formed, rounds } from './machines.ts';
import { allAsRecorded } from './recorded.ts';
import { Session } from './session.ts';

const cluster = 'x-k3s';
const path = `/v1/clusters/${cluster}/members`;

type Who = readonly [string, Client];

t.test('orders for one member: restart it, and let it lead', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const file = 'api/members.txt';
  const machines = await formed(coordinator, 3);
  const ask = (line: string, body?: unknown) =>
    session.ask(file, admin, `POST ${path}/${line}`, body === undefined ? {} : { body });
  const picket = (words: string) => session.picket('cli/members.txt', words.split(' '));

  await ask('x-k3s-m-2/move-leader');
  await picket(`member restart ${cluster} x-k3s-m-3`);
  await picket(`member move-leader ${cluster} x-k3s-m-3`);
  await ask('x-k3s-m-2/keep');
  await ask('x-k3s-m-2/replace', {});
  await ask('x-k3s-m-2/keep');
  await ask('x-k3s-m-2/replace', {});
  await picket(`member keep ${cluster} x-k3s-m-2`);
  await session.ask(file, admin, 'GET /v1/events?limit=2');
  await session.ask(file, admin, `GET /v1/clusters/${cluster}/status`);
  await rounds(coordinator, machines, { count: 2 });
  await picket(`member move-leader ${cluster} x-k3s-m-2`);
  await ask('x-k3s-m-3/restart');
  await ask('x-k3s-m-1/restart');
  await ask('x-k3s-m-1/move-leader');
  await picket(`member restart ${cluster} x-k3s-m-1`);
  await picket(`member move-leader ${cluster} x-k3s-m-1`);
  await picket(`status ${cluster}`);
  await rounds(coordinator, machines, { count: 8 });
  await ask('nobody/restart');
  await picket(`member move-leader ${cluster} x-k3s-m-1`);
  await rounds(coordinator, machines, { count: 2 });
  await picket(`member restart ${cluster} x-k3s-m-3`);
  await picket(`events ${cluster} --limit 6`);
  await session.ask(file, admin, 'GET /v1/events?limit=6');
  allAsRecorded(t, session.texts());
});

t.test('a member is held, serves no longer, and is back after a boot; another hold is released', async (t) => {
  const session = await Session.open(t);
  const { coordinator } = session;
  const admin: Who = ['admin', coordinator.admin];
  const file = 'api/holds.txt';
  const machines = await formed(coordinator, 3);
  const second = machines[1];
  if (second === undefined) throw new Error('it has not joined');
  const ask = (line: string, body?: unknown) =>
    session.ask(file, admin, `POST ${path}/${line}`, body === undefined ? {} : { body });
  const picket = (words: string) => session.picket('cli/holds.txt', words.split(' '));

  await ask('x-k3s-m-2/hold', { seconds: 1800, reason: 'kernel update' });
  await ask('x-k3s-m-3/hold', { seconds: 1800 });
  await ask('x-k3s-m-3/release');
  await picket(`status ${cluster}`);
  await rounds(coordinator, machines, { count: 2 });
  await picket(`status ${cluster}`);
  await picket(`member restart ${cluster} x-k3s-m-3`);
  await picket(`member hold ${cluster} x-k3s-m-3 --for 30m`);
  await picket(`member hold ${cluster} x-k3s-m-2 --for 2h`);
  await picket(`member hold ${cluster} x-k3s-m-2 --for 1d`);
  second.changes = { etcd: null, service: { state: 'stopped' } };
  await rounds(coordinator, machines, { count: 2 });
  await picket(`status ${cluster}`);
  await session.ask(file, admin, `GET /v1/clusters/${cluster}/status`);
  second.changes = {};
  second.rebooted = true;
  await rounds(coordinator, machines, { count: 8 });
  second.rebooted = false;
  await ask('x-k3s-m-3/hold', { seconds: 60, stop: true });
  await rounds(coordinator, machines, { count: 2 });
  await picket(`member release ${cluster} x-k3s-m-3`);
  await ask('x-k3s-m-3/release');
  await rounds(coordinator, machines, { count: 6 });
  const board: Who = ['node of x-k3s-m-2', second.node.client];
  await session.ask(file, board, 'POST /v1/node/release', { body: {} });
  await session.ask(file, board, 'POST /v1/node/hold', { body: { seconds: 1800, reason: 'kernel update' } });
  await rounds(coordinator, machines, { count: 2 });
  await picket(`status ${cluster}`);
  await session.ask(file, board, 'GET /v1/node/member');
  await session.ask(file, board, 'POST /v1/node/release', { body: {} });
  await rounds(coordinator, machines, { count: 6 });
  await picket(`events ${cluster} --limit 13`);
  await session.ask(file, admin, 'GET /v1/events?limit=13');
  allAsRecorded(t, session.texts());
});
