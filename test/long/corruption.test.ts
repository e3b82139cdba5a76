import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayConnection } from '@picket/agent/etcd/gateway-call.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { damageDatabase } from '../support/damage-database.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { seeded, seedOfRun } from '../support/seeded.ts';
import { until } from '../support/until.ts';

const rounds = 20;
const keys = 12;
const within = 120_000;
const seed = seedOfRun();

t.test(
  `R3 R16: the member whose data is damaged is found, named and replaced, and no other (seed ${seed})`,
  async (t) => {
    const fleet = await fleetOf(t, { electionMs: 3000 });
    await joinAll(fleet);
    await healthy(fleet);
    for (let round = 1; round <= rounds; round += 1) await damageOne(t, fleet, round);
  },
);

/** Damages a member that the seed chooses, waits until Picket names one, and has that one replaced. */
async function damageOne(t: Test, fleet: Fleet, round: number): Promise<void> {
  const chance = seeded(`${seed}/${round}`);
  const [first, second, third] = fleet.machines as [Machine, Machine, Machine];
  const victim = chance.pick([first, second, third]);
  const [sound, another] = fleet.machines.filter((machine) => machine !== victim) as [Machine, Machine];
  const values = Array.from({ length: keys }, (_, key) =>
    `round ${round} key ${key} ${chance.between(1e8, 9e8)} `.repeat(4),
  );
  const client = await clientOf(sound);
  try {
    for (const [key, value] of values.entries()) await client.put(`key-${round}-${key}`, value);
    const value = values[chance.between(0, keys - 1)] ?? '';
    const byte = chance.between(0, value.length - 1);
    await fleetHas(fleet, await client.revision());
    const changed = await damageDatabase(victim, value, byte);
    t.ok(changed > 0, `round ${round}: ${victim.name}, byte ${byte} of "${value.slice(0, 24)}", in ${changed} places`);
    await healthy(fleet, within);

    // etcd's own check takes up to a minute. It raises the alarm as the others do here: for no member.
    if (round === 1) await client.compact();
    else await client.raise();
    const compared = await newComparison(fleet, round);
    t.match(compared, { finding: 'named', differing: [victim.name], unheard: [] }, JSON.stringify(compared));
    t.match(await fleet.status(cluster), {
      state: 'read-only',
      next: { command: `picket member replace ${cluster} ${victim.name}` },
    });

    const refused = await fleet.picket('member', 'replace', cluster, another.name, '--yes');
    t.not(refused.code, 0);
    const unproven = reason('data_unproven');
    t.match(printedError(refused.stderr), { code: 'replace_refused', facts: { reason: inWords(unproven) } });
    const replaced = await fleet.picket('member', 'replace', cluster, victim.name, '--yes');
    t.equal(replaced.code, 0, replaced.stderr);
    await until(
      'etcd takes writes again',
      () =>
        client.put('again', String(round)).then(
          () => true,
          () => false,
        ),
      { within },
    );
    await healthy(fleet, within);
    for (const [key, wanted] of values.entries()) t.equal(await client.get(`key-${round}-${key}`), wanted);
    t.same(await alarms(fleet), []);
  } finally {
    await client.close();
  }
}

/** The facts of the comparison of this round, once it is recorded. */
async function newComparison(fleet: Fleet, round: number) {
  const kinds = ['assign-comparison', 'record-comparison', 'record-no-corruption'];
  return until(
    'a member is named, or none',
    async () => {
      const { items } = await fleet.ask((api) => api.list('events', { cluster, kind: kinds.join(','), limit: 100 }));
      const ended = items.filter(({ kind }) => kind === 'record-no-corruption').length;
      const [last] = items;
      return ended === round - 1 && last?.kind === 'record-comparison' ? (last.facts as object) : null;
    },
    { within, every: 300 },
  );
}

async function alarms(fleet: Fleet): Promise<readonly string[]> {
  const { members } = await fleet.status(cluster);
  return members.flatMap(({ status }) => status?.etcd?.alarms ?? ['not known']);
}

/** All members have applied this revision, so that their databases have it. */
async function fleetHas(fleet: Fleet, revision: number): Promise<void> {
  const has = async () => {
    const { members } = await fleet.status(cluster);
    return members.every(({ status }) => (status?.etcd?.revision ?? 0) >= revision);
  };
  await until('all have it', has, { within, every: 200 });
}

async function clientOf({ etcDir, clientUrl }: Machine) {
  const read = (name: string) => readFile(join(etcDir, name), 'utf8');
  const connection = gatewayConnection(clientUrl, await read('ca.pem'), await read('client.pem'));
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const revision = async () => {
    const { header } = await connection.call('maintenance/status', {}, 5000);
    return Number((header as { revision: string }).revision);
  };
  return {
    revision,
    close: () => connection.close(),
    put: (key: string, value: string) => connection.call('kv/put', { key: base64(key), value: base64(value) }, 5000),
    async get(key: string) {
      const { kvs } = (await connection.call('kv/range', { key: base64(key) }, 5000)) as { kvs?: { value: string }[] };
      return Buffer.from(kvs?.[0]?.value ?? '', 'base64').toString();
    },
    compact: async () => connection.call('kv/compaction', { revision: String(await revision()) }, 5000),
    raise: () => connection.call('maintenance/alarm', { action: 'ACTIVATE', alarm: 'CORRUPT' }, 5000),
  };
}
