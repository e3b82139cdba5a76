import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

const within = 180_000;
const quota = 16 * 1024 * 1024;

t.test('R16: everything works with etcd’s authentication on, and no acknowledged write is lost', async (t) => {
  const fleet = await fleetOf(t, { electionMs: 3000 });
  const set = await fleet.picket('cluster', 'set', cluster, `quotaBackendBytes=${quota}`);
  t.equal(set.code, 0, set.stderr);
  await joinAll(fleet);
  await healthy(fleet);
  const [first, , third] = fleet.machines as [Machine, Machine, Machine];
  const client = async (...args: string[]) => {
    const { code, stdout, stderr } = await fleet.etcdctl(first, ...args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const picket = async (...args: string[]) => {
    const { code, stdout, stderr } = await fleet.picket(...args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const happened = (kind: string) =>
    until(
      `the event ${kind}`,
      async () => (await fleet.ask((api) => api.list('events', { cluster, kind, limit: 1 }))).items.length > 0,
      { within, every: 300 },
    );

  await client('role', 'add', 'writer');
  await client('role', 'grant-permission', 'writer', 'readwrite', '', '--from-key');
  await client('user', 'add', 'client:x-k3s-m-1', '--no-password');
  await client('user', 'grant-role', 'client:x-k3s-m-1', 'writer');
  const writer = startWriter(client);
  t.teardown(() => writer.stop());

  await t.test('it is switched on: a notice and an event, and the cluster is healthy', async (t) => {
    const refused = await fleet.picket('cluster', 'auth', 'enable', cluster);
    const clients = ['client:x-k3s-m-2', 'client:x-k3s-m-3'];
    t.match(refused.stderr, inWords(reason('clients_without_role', { clients })));
    t.match(await picket('cluster', 'auth', 'enable', cluster, '--force'), 'authentication is on in x-k3s');
    t.not(
      (await fleet.etcdctl(first, 'user', 'list')).code,
      0,
      'the client certificate of a member is not etcd’s root',
    );
    await happened('authentication-on');
    await healthy(fleet, within);
    const { notices, members } = await fleet.status(cluster);
    t.ok(notices.some(({ code }) => code === 'authentication_admits'));
    t.ok(members.every(({ status }) => status?.etcd?.linearizableRead === true));
  });

  await t.test('a snapshot is taken and verified', async (t) => {
    const known = await snapshots(fleet);
    await picket('snapshot', 'take', cluster);
    const taken = await until('it is there', async () => (await snapshots(fleet)).find((id) => !known.includes(id)), {
      within,
      every: 500,
    });
    t.match(await picket('snapshot', 'verify', taken), /./);
  });

  await t.test('a member is replaced', async (t) => {
    const before = (await fleet.status(cluster)).members.find(({ name }) => name === third.name)?.memberId;
    await picket('member', 'replace', cluster, third.name, '--yes');
    await until(
      'another member has its place',
      async () => {
        const now = (await fleet.status(cluster)).members.find(({ name }) => name === third.name);
        return now?.phase === 'voter' && now.memberId !== before;
      },
      { within, every: 500, lastSeen: () => '' },
    );
    await healthy(fleet, within);
    t.not((await fleet.status(cluster)).members.find(({ name }) => name === third.name)?.memberId, before);
  });

  await t.test('a full database is compacted, defragmented and takes writes again', async () => {
    await until(
      'it is full',
      () =>
        client('put', 'history', randomBytes(48_000).toString('hex')).then(
          () => false,
          (error: Error) => error.message.includes('database space exceeded'),
        ),
      { within, every: 0 },
    );
    await happened('record-space');
    const { kept } = writer;
    await until('writes go on', () => writer.kept.length > kept.length, { within, every: 200 });
    await until(
      'no alarm is left',
      async () => {
        const { state, members } = await fleet.status(cluster);
        return state === 'healthy' && members.every(({ status }) => status?.etcd?.alarms.length === 0);
      },
      { within, every: 500 },
    );
  });

  await t.test('it is switched off and on again', async (t) => {
    t.match(await picket('cluster', 'auth', 'disable', cluster), 'authentication is off in x-k3s');
    await happened('authentication-off');
    await healthy(fleet, within);
    await picket('cluster', 'auth', 'enable', cluster, '--force');
    await healthy(fleet, within);
  });

  const last = await t
    .test('no acknowledged write is lost', async (t) => {
      await writer.stop();
      const there = new Set((await client('get', 'written/', '--prefix', '--keys-only')).split('\n'));
      t.same(
        writer.kept.filter((key) => !there.has(key)),
        [],
      );
      t.comment(`${writer.kept.length} acknowledged writes`);
      t.ok(writer.kept.length > 100, 'and there were some');
    })
    .then(() => writer.kept.at(-1) ?? '');

  await t.test('the cluster is restored from a snapshot, with authentication on', async (t) => {
    const known = await snapshots(fleet);
    await picket('snapshot', 'take', cluster);
    const id = await until('it is there', async () => (await snapshots(fleet)).find((one) => !known.includes(one)), {
      within,
      every: 500,
    });
    await picket('cluster', 'restore', cluster, '--snapshot', id, '--force', '--confirm', cluster);
    let seen = '';
    await until(
      'it is restored',
      async () => {
        const { state, headline, members, notices } = await fleet.status(cluster);
        seen = `${state}: ${inWords(headline)}`;
        const isOn = notices.some(({ code }) => code === 'authentication_admits');
        return state === 'healthy' && isOn && members.every(({ phase }) => phase === 'voter');
      },
      { within: 300_000, every: 500, lastSeen: () => seen },
    );
    t.match(await client('get', last, '--keys-only'), last);
    t.not((await fleet.etcdctl(first, 'user', 'list')).code, 0, 'authentication is on');
    await picket('cluster', 'auth', 'disable', cluster);
    await healthy(fleet, within);
  });
});

/** Puts one key after the other, `written/N`, until it is stopped. */
function startWriter(client: (...args: string[]) => Promise<string>) {
  const kept: string[] = [];
  let stopped = false;
  const running = (async () => {
    for (let count = 0; !stopped; count += 1) {
      const key = `written/${count}`;
      await client('put', key, 'value', '--command-timeout=3s').then(
        () => kept.push(key),
        () => sleep(100),
      );
    }
  })();
  return {
    get kept() {
      return [...kept];
    },
    async stop(): Promise<void> {
      stopped = true;
      await running;
    },
  };
}

async function snapshots(fleet: Fleet): Promise<string[]> {
  const { stdout } = await fleet.picket('snapshot', 'list', cluster, '--output', 'json');
  return (JSON.parse(stdout) as { items: { id: string }[] }).items.map(({ id }) => id);
}
