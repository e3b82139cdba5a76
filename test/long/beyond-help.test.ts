import { open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

const within = 120_000;

/** What is done to the data of a stopped member, and the words with which its etcd proves it; null: the data is gone. */
const damages: readonly (readonly [what: string, words: RegExp | null, damage: (dataDir: string) => Promise<void>])[] =
  [
    ['the head of its log is garbled', /^walpb?: /, async (dataDir) => garble(await firstLog(dataDir), 150, 3, 1)],
    [
      'the head of its database is garbled',
      /^failed to open database: /,
      (dataDir) => garble(join(dataDir, 'member/snap/db'), 0, 64, 2),
    ],
    [
      'the pages of its database are garbled',
      /^(assertion failed: Page expected to be|freepages|invalid|page)/,
      (dataDir) => garble(join(dataDir, 'member/snap/db'), 8192, 16),
    ],
    ['its log is empty', /^cannot use none as id$/, async (dataDir) => truncate(await firstLog(dataDir), 0)],
    ['its data directory is deleted', null, (dataDir) => rm(dataDir, { recursive: true })],
  ];

t.test('R16: a member whose data is beyond help is proposed for replacement, with the proof', async (t) => {
  const fleet = await fleetOf(t, { electionMs: 3000 });
  await joinAll(fleet);
  await healthy(fleet);
  for (const [index, [what, words, damage]] of damages.entries()) {
    await t.test(what, async (t) => {
      const victim = fleet.machines[(index + 1) % 3] as Machine;
      await put(fleet, `key-${index}`);
      await damageWhileOff(victim, damage);
      await proposed(t, fleet, victim, words);
      const { code, stderr } = await fleet.picket('member', 'replace', cluster, victim.name, '--yes');
      t.equal(code, 0, stderr);
      await healthy(fleet, within);
      const { stdout } = await fleet.etcdctl(victim, 'get', '--print-value-only', `key-${index}`);
      t.equal(stdout.trim(), 'value');
    });
  }
});

/** `picket status` shows the proof and the command. */
async function proposed(t: Test, fleet: Fleet, { name }: Machine, words: RegExp | null): Promise<void> {
  let last = '';
  const shown = await until(
    'status proposes the replacement',
    async () => {
      const status = await fleet.status(cluster);
      last = JSON.stringify({ ...status, members: status.members.map(({ status }) => status?.service) });
      return status.next?.command === `picket member replace ${cluster} ${name}` ? status : null;
    },
    { within, every: 300, lastSeen: () => last },
  );
  t.equal(shown.state, 'at-risk');
  const proof = words === null ? { lost: [name] } : { damaged: [{ member: name, words }] };
  t.match(shown.headline, { code: 'some_fail', facts: proof });
}

async function put(fleet: Fleet, key: string): Promise<void> {
  const [machine] = fleet.machines as [Machine];
  const { code, stderr } = await fleet.etcdctl(machine, 'put', key, 'value');
  if (code !== 0) throw new Error(stderr);
}

async function damageWhileOff(machine: Machine, damage: (dataDir: string) => Promise<void>): Promise<void> {
  // The agent would start etcd again, so it stops first.
  await machine.stopAgent();
  for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
  await until('its etcd has ended', async () => (await etcdPids(machine)).length === 0, { within });
  const conf = await readFile(join(machine.etcDir, 'conf.yml'), 'utf8');
  await damage(/^data-dir: "(.+)"$/m.exec(conf)?.[1] ?? '');
  machine.startAgent();
}

async function firstLog(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'member/wal');
  const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.wal')).sort();
  return join(folder, name);
}

/** Overwrites so many octets at this place, and at the same one of each following page. */
async function garble(path: string, from: number, count: number, pages = Number.POSITIVE_INFINITY): Promise<void> {
  const file = await open(path, 'r+');
  const { size } = await file.stat();
  for (let page = 0; page < pages && from + page * 4096 < size; page += 1)
    await file.write(Buffer.alloc(count, 0xff), 0, count, from + page * 4096);
  await file.close();
}
