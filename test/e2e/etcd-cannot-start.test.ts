import { once } from 'node:events';
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { startInBackground } from '../support/children.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy } from '../support/fleet-of-test.ts';
import { mountsNeeded, ownMounts } from '../support/own-mounts.ts';
import { printedError } from '../support/printed-error.ts';
import { programs } from '../support/programs.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';
import { cutBeforeFirstEntry } from '../support/wal.ts';

async function serviceOf(fleet: Fleet): Promise<NodeStatus['service'] | undefined> {
  return (await fleet.status(cluster)).members[0]?.status?.service;
}

t.test(
  'a port that is taken when etcd starts: join and status say so, and it goes on once the port is free',
  async (t) => {
    const fleet = await fleetOf(t, { members: 1 });
    const [machine] = fleet.machines as [Machine];
    const { client } = fleet.ports;
    const intruder = createServer().listen(client, machine.address);
    await once(intruder, 'listening');
    t.teardown(() => intruder.close());

    const joined = await machine.join(await fleet.joinString(cluster));
    t.equal(joined.code, 1);
    const holder = new RegExp(`^\\S+ \\(pid ${process.pid}\\) uses it$`);
    const taken = { purpose: 'client', port: String(client), address: machine.address, holder };
    t.match(printedError(joined.stderr), { code: 'port_taken', facts: taken });
    t.equal(joined.stderr.split('\n').length, 3);

    machine.startAgent();
    const isWait = isReason('port_to_be_free', { purpose: 'client', port: client, host: machine.address });
    const wait = await until(
      'status tells of it',
      async () => (await fleet.status(cluster)).members[0]?.status?.agent.waits.find(isWait),
      { within: 30_000, every: 300, lastSeen: () => machine.agent()?.log() ?? '' },
    );
    t.match(wait.facts, { by: holder });
    t.match((await fleet.picket('status', cluster)).stdout, inWords(wait));
    t.match((await machine.run('status')).stdout, inWords(wait));
    // The coordinator and the board name the same cause.
    const next = `ss -ltnp 'sport = :${client}' 2>/dev/null || netstat -ltnp`;
    t.match(await fleet.picket('diagnose', cluster), { code: 3, stdout: next });
    const onBoard = await machine.run('diagnose');
    t.match(onBoard, { code: 3, stdout: `Next: ${next}` });
    t.match(onBoard.stdout, inWords(reason('cause_port_taken', { members: [machine.name] })));
    t.same(await etcdPids(machine), [], 'no etcd was started in vain');

    intruder.close();
    await once(intruder, 'close');
    await healthy(fleet);
    t.match(await machine.run('diagnose'), { code: 0, stdout: /: no fault found\.$/m });
  },
);

t.test(
  'R4: a disk that is full when etcd starts: status says so, and it goes on once there is room',
  mountsNeeded,
  async (t) => {
    const fleet = await fleetOf(t, { members: 1 });
    const [machine] = fleet.machines as [Machine];
    await mkdir(machine.stateDir, { recursive: true });
    // A process that may mount is root in there, whose agent would run etcd as a user that need not be here.
    if (process.getuid?.() !== 0) await appendFile(machine.configFile, 'etcdUser: root\n');
    // Room enough for preflight; then what etcd would set aside for its log is taken by something else.
    const shell =
      'mount -t tmpfs -o size=300m none "$0" || exit 9\n' +
      '"$1" "$2" join --config "$3" || exit 8\n' +
      'head -c 300000000 /dev/zero > "$0/other" || exit 7\n' +
      'exec "$1" "$2" run --config "$3"';
    const agent = startInBackground(
      'unshare',
      [...ownMounts, 'sh', '-c', shell, machine.stateDir, process.execPath, programs.agent, machine.configFile],
      join(fleet.folder, machine.name, 'agent.log'),
      { PICKET_JOIN: await fleet.joinString(cluster) },
    );
    t.teardown(() => agent.stop());
    let last = '';
    const told = await until(
      'status tells of it',
      async () => {
        const service = await serviceOf(fleet);
        last = JSON.stringify(service);
        // Between two ends it runs for a moment.
        const ended = service?.state === 'crashed';
        return ended && service.lastLog.join().includes('no space left on device') ? service : null;
      },
      { within: 30_000, every: 300, lastSeen: () => last },
    );
    t.ok(['ended', 'ended_often', 'ended_and_silent'].includes(told.reason?.code ?? ''));
    t.match(told.reason?.facts, { lastWords: / no space left on device$/ });
    t.match((await fleet.picket('status', cluster)).stdout, 'no space left on device');

    await rm(`/proc/${agent.pid}/root${machine.stateDir}/other`);
    await healthy(fleet);
    t.equal((await fleet.etcdctl(machine, 'put', 'written', 'after')).code, 0);
  },
);

t.test(
  'R1 R4: power lost between the first log and its first entry: the founder starts again with empty data',
  async (t) => {
    const fleet = await fleetOf(t, { members: 1 });
    const [machine] = fleet.machines as [Machine];
    t.equal((await machine.join(await fleet.joinString(cluster))).code, 0);
    machine.startAgent('etcd.after-start');
    const killed = machine.agent();
    await until('the agent dies', () => killed?.running === false, { within: 60_000 });
    const root = join(machine.stateDir, 'etcd');
    const [incarnation = ''] = await readdir(root);
    const folder = join(root, incarnation);
    // Its database comes first, so a machine with much else to do may be found between the two.
    const hasLog = async () => (await readdir(join(folder, 'member/wal'))).some((name) => name.endsWith('.wal'));
    await until('etcd has made its first log', hasLog, { within: 20_000 });
    for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
    await until('etcd has ended', async () => (await etcdPids(machine)).length === 0, { within: 10_000 });
    await cutBeforeFirstEntry(folder);

    machine.startAgent();
    await healthy(fleet);
    t.equal((await fleet.etcdctl(machine, 'put', 'written', 'after')).code, 0);
  },
);
