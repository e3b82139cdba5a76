import { copyFile, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { howTo, same } from '../docs/how-to.ts';
import { unlike } from '../docs/shown-output.ts';
import { type Finished, runToEnd } from '../support/children.ts';
import { damageDatabase } from '../support/damage-database.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { programs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const within = 120_000;

t.test('the how-tos for snapshots, restores and repairs show what the programs do', async (t) => {
  // Another leader would let another member take the snapshots.
  const fleet = await fleetOf(t, { electionMs: 5000 });
  await joinAll(fleet);
  await healthy(fleet);
  const [first, , third] = fleet.machines as [Machine, Machine, Machine];
  const folder = join(fleet.folder, 'coordinator');
  const asShown = shownAs(fleet);
  const picket = async (...args: string[]) => asShown(await fleet.picket(...args));
  const coordinator = async (...args: string[]) => asShown(await runCoordinator(fleet, ...args));
  const status = () => picket('status', cluster);
  const events = () => picket('events', cluster);
  const shows = (t: Test, lines: readonly string[], ask: () => Promise<string>) => awaitShown(t, lines, ask);
  await fleet.etcdctl(first, 'put', 'hello', 'world');

  const snapshot = await t
    .test('take snapshots', async (t) => {
      const page = await howTo('take-snapshots');
      same(t, page.below('picket snapshot take x-k3s'), await picket('snapshot', 'take', cluster));
      same(t, page.below('picket snapshot list x-k3s'), await picket('snapshot', 'list', cluster));
      const { id } = await latestSnapshot(fleet);
      same(t, page.below(/^picket snapshot verify /), await picket('snapshot', 'verify', id));
      const file = join(fleet.folder, 'x-k3s.db');
      same(t, page.below(/^picket snapshot download /), await picket('snapshot', 'download', id, file));
    })
    .then(() => latestSnapshot(fleet));

  await t.test('renew certificates', async (t) => {
    const page = await howTo('renew-certificates');
    const list = page.below('picket certificates x-k3s').filter((line) => line !== '…');
    same(t, list, await picket('certificates', cluster));
    const file = join(first.etcDir, 'server.pem');
    const before = await readFile(file, 'utf8');
    await rename(file, join(fleet.folder, 'server.pem'));
    const another = async () => (await readFile(file, 'utf8').catch(() => before)) !== before;
    await until('there is another', another, { within });
  });

  await t.test("etcd's authentication", async (t) => {
    const page = await howTo('troubleshoot');
    for (const args of [
      ['user', 'add', 'root:PASSWORD'],
      ['user', 'grant-role', 'root', 'root'],
      ['auth', 'enable'],
    ])
      await must(fleet.etcdctl(first, ...args));
    await shows(t, page.blockWith('authentication'), status);
    for (const args of [
      ['user', 'add', 'picket-agent', '--no-password'],
      ['user', 'grant-role', 'picket-agent', 'root'],
    ])
      await must(fleet.etcdctl(first, '--user', 'root:PASSWORD', ...args));
    await healthy(fleet);
    await must(fleet.etcdctl(first, '--user', 'root:PASSWORD', 'auth', 'disable'));
    await healthy(fleet);
  });

  await t.test('add a release of etcd', { skip: process.arch !== 'x64' && 'the page is for x86-64' }, async (t) => {
    const page = await howTo('add-a-release-of-etcd');
    const { etcd, version } = await ensureEtcd();
    const name = `etcd-v${version}-linux-amd64`;
    const folder = join(fleet.folder, name);
    await mkdir(folder);
    for (const program of ['etcd', 'etcdctl', 'etcdutl'])
      await copyFile(join(dirname(etcd), program), join(folder, program));
    const [file, sums] = [`${folder}.tar.gz`, join(fleet.folder, 'SHA256SUMS')];
    said(await runToEnd('tar', ['-C', fleet.folder, '-czf', file, name]));
    const [sha256 = ''] = said(await runToEnd('sha256sum', [file])).split(' ');
    await writeFile(sums, `${sha256}  ${name}.tar.gz\n`);
    t.match(await picket('release', 'add', file, '--sums', sums), /^Stored: /);
    same(t, page.below('picket release list'), await picket('release', 'list'));
    t.match(await picket('release', 'remove', sha256), /is removed/);
  });

  await t.test('replace the data of a member', async (t) => {
    const page = await howTo('replace-a-member');
    const shown = page.below('picket member replace x-k3s x-k3s-m-3');
    const question = shown.findIndex((line) => line.startsWith('Type the name'));
    same(t, shown.slice(0, question), await picket('member', 'replace', cluster, third.name));
    same(t, shown.slice(question + 1), await picket('member', 'replace', cluster, third.name, '--yes'));
    await shows(t, ['… has left etcd: operator admin replaces it'], events);
    await healthy(fleet);
  });

  await t.test('repair a damaged database', async (t) => {
    const page = await howTo('repair-a-damaged-database');
    const value = 'a value that the SD card will damage';
    await must(fleet.etcdctl(first, 'put', 'damaged', value));
    const told = () => picket('member', 'replace', cluster, first.name, '--yes');
    t.ok((await damageDatabase(third, value, 3)) > 0);
    await healthy(fleet, within);
    await raiseCorrupt(fleet, null);
    t.match(said(await fleet.etcdctl(first, 'put', 'a', 'b')), 'etcdserver: corrupt cluster');
    await shows(t, page.blockWith('differs from the data of').slice(1), status);
    t.match(await told(), /is not replaced/);
    t.equal((await fleet.picket('member', 'replace', cluster, third.name, '--yes')).code, 0);
    await shows(t, ['… disarmed CORRUPT: etcd takes writes again'], events);
    await healthy(fleet, within);

    await raiseCorrupt(fleet, third);
    await shows(t, page.blockWith('all voters have the same data').slice(1), status);
    t.match(await told(), /is not replaced/);
    const disarm = await fleet.etcdctl(first, 'alarm', 'disarm');
    // The ID is in decimal.
    t.match(said(disarm), /^memberID:\d+ {1,2}alarm:CORRUPT/);
    t.match(page.below('etcdctl alarm disarm').join(''), /^memberID:\d+ alarm:CORRUPT$/);
    await healthy(fleet, within);
  });

  const archive = join(fleet.folder, 'coordinator.tar.gz');
  await t.test('back up the coordinator', async (t) => {
    const page = await howTo('back-up-the-coordinator');
    const shown = page.below('picket-coordinator backup /root/coordinator.tar.gz').map(likeAnyRun);
    same(t, shown, likeAnyRun(await coordinator('backup', archive)));
    same(t, page.below('tar tzf /root/coordinator.tar.gz'), said(await runToEnd('tar', ['tzf', archive])));
  });

  await t.test('restore a cluster', async (t) => {
    const page = await howTo('restore-a-cluster');
    const given = ['--snapshot', snapshot.id, '--force', '--confirm', cluster];
    const told = await picket('cluster', 'restore', cluster, ...given);
    const shown = page.below(/^picket cluster restore x-k3s --snapshot .* --confirm x-k3s$/);
    // What is given up goes to standard error, what was begun to standard output.
    for (const line of shown.map(likeAnyRun)) same(t, [line], likeAnyRun(told));
    await healthy(fleet, within);
    await shows(t, page.below('picket status x-k3s').slice(1), status);
    t.match(said(await fleet.etcdctl(first, 'get', 'hello')), /world/);
  });

  await t.test('remove the last snapshot of what was given up', async (t) => {
    const page = await howTo('take-snapshots');
    const { id } = await latestSnapshot(fleet);
    t.not(id, snapshot.id, 'the restore has taken a last one');
    const told = await picket('snapshot', 'remove', id, '--yes');
    // What is lost goes to standard error.
    for (const line of page.below(/^picket snapshot remove /).map(likeAnyRun)) same(t, [line], likeAnyRun(told));
  });

  const lost = join(fleet.folder, 'lost');
  await t.test('restore the coordinator', async (t) => {
    const page = await howTo('restore-the-coordinator');
    await fleet.stopCoordinator();
    await rename(folder, lost);
    for (const made of [folder, join(folder, 'authority')]) await mkdir(made, { mode: 0o700 });
    await cp(join(lost, 'authority/revocations.log'), join(folder, 'authority/revocations.log'));
    await cp(join(lost, 'snapshots'), join(folder, 'snapshots'), { recursive: true });
    const shown = page.below('picket-coordinator restore coordinator.tar.gz').map(likeAnyRun);
    same(t, shown, likeAnyRun(await coordinator('restore', archive)));
    await fleet.startCoordinator();
    await shows(t, page.blockWith('frozen, cluster ID'), status);
  });

  await t.test('re-adopt the nodes', async (t) => {
    const page = await howTo('re-adopt-nodes');
    await shows(t, page.below('picket status x-k3s').slice(1), status);
    const { members } = await fleet.status(cluster);
    const [told = ''] = await inTurn(members, ({ nodeId }) => picket('node', 'readopt', nodeId ?? '', '--yes'));
    const shown = page.below(/^picket node readopt /).filter((line) => !line.includes('type the name'));
    same(t, shown, told);
    await healthy(fleet, within);
    same(t, page.below('picket events x-k3s').slice(1), await events());
    // An agent that was refused asks again within a minute: until then it has seen nothing of the restored coordinator.
    const follows = async ({ stateDir }: Machine) =>
      (JSON.parse(await readFile(join(stateDir, 'journal.json'), 'utf8')) as { epoch: object | null }).epoch !== null;
    for (const machine of fleet.machines) await until(`${machine.name} follows`, () => follows(machine), { within });
  });

  await t.test('unfreeze a cluster whose coordinator is too old', async (t) => {
    const page = await howTo('unfreeze-a-cluster');
    const swap = async () => {
      await fleet.stopCoordinator();
      const between = join(fleet.folder, 'between');
      for (const [from, to] of [
        [folder, between],
        [lost, folder],
        [between, lost],
      ] as const)
        await rename(from, to);
      await fleet.startCoordinator();
    };
    await swap();
    // Any node may be the first that reports.
    const anyNode = (text: string) => likeAnyRun(text).replaceAll(/x-k3s-m-\d/g, 'x-k3s-m-n');
    await shows(t, page.below('picket status x-k3s').slice(2).map(anyNode), async () => anyNode(await status()));
    const refused = anyNode(await picket('cluster', 'unfreeze', cluster));
    same(t, page.below('picket cluster unfreeze x-k3s').map(anyNode), refused);
    await swap();
    await healthy(fleet, within);
  });

  await t.test('replace the machine of a member', async (t) => {
    const page = await howTo('replace-a-member');
    const token = await fleet.joinString(cluster, '--member', third.name);
    await powerOff(third);
    for (const gone of [third.stateDir, third.etcDir]) await rm(gone, { recursive: true });
    await mkdir(third.etcDir);
    same(t, page.blockWith('is not free'), asShown(await third.join(token)));
    const joined = await until('it may join', async () => joinedOrNot(await third.join(token)), { within });
    same(t, page.blockWith('This machine is now the member'), asShown(joined));
    third.startAgent();
    await healthy(fleet, within);
    const settled = page.blockWith('another machine replaces node').filter((line) => /^\d{4}-/.test(line));
    same(t, settled, await events());
  });

  await t.test('release a quarantined node', async (t) => {
    const page = await howTo('release-a-quarantined-node');
    const journal = join(third.stateDir, 'journal.json');
    await third.stopAgent();
    const honest = await readFile(journal, 'utf8');
    await writeFile(journal, honest.replace(/"generationSeen": \d+/, '"generationSeen": 99'));
    third.startAgent();
    await shows(t, page.blockWith('no seal proves').slice(1), status);
    await third.stopAgent();
    await writeFile(journal, honest);
    third.startAgent();
    await shows(t, page.blockWith('ends: it withdraws the claim'), status);
  });

  await t.test('tell Picket that a machine is lost', async (t) => {
    const page = await howTo('replace-a-member');
    await powerOff(third);
    const nodeId = (await fleet.status(cluster)).members.find(({ name }) => name === third.name)?.nodeId ?? '';
    const evict = async () => {
      const ended = await fleet.picket('node', 'evict', nodeId, '--lost', '--yes');
      return ended.code === 0 && asShown(ended);
    };
    same(t, page.below(/^picket node evict /), await until('it is evicted', evict, { within }));
    await shows(t, page.blockWith('it has not joined'), status);
  });
});

/** Output with the paths and addresses of the pages in the place of this fleet's. */
function shownAs({ folder, url, machines, ports }: Fleet): (finished: Finished) => string {
  const network = machines[0]?.address.replace(/\d+$/, '') ?? '';
  return (finished) =>
    said(finished)
      .replaceAll(url, 'https://127.0.0.1:20855')
      .replaceAll(network, '127.0.0.')
      .replaceAll(`:${ports.client}`, ':21439')
      .replaceAll(`${folder}/coordinator.tar.gz`, '/root/coordinator.tar.gz')
      .replaceAll(`${folder}/coordinator.yml`, '/etc/picket/coordinator.yml')
      .replaceAll(`${folder}/coordinator`, '/var/lib/picket-coordinator')
      .replaceAll(`${folder}/ca-passphrase`, '/etc/picket/ca-passphrase')
      .replaceAll(`${folder}/x-k3s.db`, 'x-k3s.db');
}

function said({ stdout, stderr }: Finished): string {
  return stderr + stdout;
}

/** Without the numbers that another run cannot have, and that no unit shows as such. */
function likeAnyRun(text: string): string {
  return text
    .replace(/\d+ files of \d+ bytes/, 'n files of n bytes')
    .replace(/(epoch:?) \d+/g, '$1 n')
    .replace(/(made by:) \S+ on the machine \S+,/, '$1 a coordinator,')
    .replace(/published generation \d+/g, 'published generation n')
    .replace(/\b\d+[sm] ago/g, 'n ago');
}

/** A table's lines are as long as this fleet's addresses. */
function isNoRule(line: string): boolean {
  return !/^\+-/.test(line);
}

function runCoordinator({ folder }: Fleet, ...args: string[]): Promise<Finished> {
  return runToEnd(process.execPath, [programs.coordinator, ...args, '--config', join(folder, 'coordinator.yml')]);
}

async function awaitShown(t: Test, shown: readonly string[], ask: () => Promise<string>): Promise<void> {
  const lines = shown.filter(isNoRule).map(likeAnyRun);
  let last = '';
  const look = async () => {
    last = likeAnyRun(await ask());
    return unlike(lines, last) === undefined;
  };
  await until(lines.join('\n'), look, { within, every: 500, lastSeen: () => last });
  same(t, lines, last);
}

async function latestSnapshot(fleet: Fleet): Promise<{ readonly id: string }> {
  const { stdout } = await fleet.picket('snapshot', 'list', cluster, '--output', 'json');
  const [latest] = (JSON.parse(stdout) as { items: { id: string }[] }).items;
  if (latest === undefined) throw new Error('there is no snapshot');
  return latest;
}

async function must(running: Promise<Finished>): Promise<void> {
  const ended = await running;
  if (ended.code !== 0) throw new Error(said(ended));
}

async function powerOff(machine: Machine): Promise<void> {
  await machine.stopAgent();
  for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
  await until('its etcd has ended', async () => (await etcdPids(machine)).length === 0, { within });
}

function joinedOrNot(joined: Finished): Finished | null {
  return joined.code === 0 ? joined : null;
}

async function inTurn<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** As etcd's own check does that finds that data differs: for a member, or for none. */
async function raiseCorrupt(fleet: Fleet, machine: Machine | null): Promise<void> {
  const [asked] = fleet.machines as [Machine, ...Machine[]];
  const member = (await fleet.status(cluster)).members.find(({ name }) => name === machine?.name);
  const memberID = member === undefined ? {} : { memberID: BigInt(`0x${member.memberId}`).toString() };
  const read = (name: string) => readFile(join(asked.etcDir, name));
  const [ca, credential] = await Promise.all([read('ca.pem'), read('client.pem')]);
  await new Promise<void>((resolve, reject) => {
    const options = { method: 'POST', ca, cert: credential, key: credential };
    const asking = request(`${asked.clientUrl}/v3/maintenance/alarm`, options, (answer) => {
      answer
        .resume()
        .once('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`${answer.statusCode}`))));
    });
    asking.once('error', reject);
    asking.end(JSON.stringify({ action: 'ACTIVATE', ...memberID, alarm: 'CORRUPT' }));
  });
}
