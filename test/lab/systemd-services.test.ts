import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { version } from '../../scripts/build/project.ts';
import { runToEnd } from '../support/children.ts';
import { builtFor, debOf } from '../support/distribution.ts';
import { until } from '../support/until.ts';
import { anyText, wordsLike } from '../support/words-like.ts';
import { type SystemdMachine, startSystemdMachine, systemdNeeded } from './systemd-machine.ts';

const units = ['picket-coordinator', 'picket-agent'];
const member = 'systemd-machine';
const access = [
  ...['--endpoints=https://127.0.0.1:2379', '--cacert=/etc/etcd/ca.pem', '--cert=/etc/etcd/client.pem'],
  '--key=/etc/etcd/client-key.pem',
];

interface Operator {
  /** A program with its arguments, as root; throws unless it ends with 0. */
  must(...command: readonly [string, ...string[]]): Promise<string>;
  picket(...args: readonly string[]): Promise<string>;
  /** A property of a unit, as systemd tells it. */
  property(unit: string, name: string): Promise<string>;
}

function operatorOn(machine: SystemdMachine): Operator {
  const must: Operator['must'] = async (file, ...args) => {
    const { code, stdout, stderr } = await machine.run(file, ...args);
    if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  return {
    must,
    picket: (...args) => must('/usr/bin/picket', '--context', '/root/context.yml', ...args),
    property: (unit, name) => must('/usr/bin/systemctl', 'show', unit, `--property=${name}`, '--value'),
  };
}

/** A machine with the Debian packages on it, as dpkg leaves it, and a Node.js, which Debian's own is too old for. */
async function installed(t: Test): Promise<SystemdMachine> {
  const folder = await builtFor(t);
  const machine = await startSystemdMachine();
  t.teardown(() => machine.end());
  const { must } = operatorOn(machine);
  await copyFile(process.execPath, machine.seen('/usr/bin/node'));
  await mkdir(machine.seen('/root'), { recursive: true });
  for (const name of ['picket', ...units]) {
    const unpacked = await runToEnd('dpkg-deb', ['-x', debOf(folder, name, version), machine.seen('/')]);
    if (unpacked.code !== 0) throw new Error(unpacked.stderr);
  }
  for (const name of units) {
    const script = join(machine.folder, `${name}.postinst`);
    await copyFile(join(import.meta.dirname, `../../packaging/debian/${name}.postinst`), script);
    await must('/bin/sh', script, 'configure');
  }
  return machine;
}

t.test('the systemd units: verified, run from the Debian packages', systemdNeeded, async (t) => {
  const machine = await installed(t);
  const { must, picket, property } = operatorOn(machine);
  const mainPid = async (unit: string) => Number(await property(unit, 'MainPID'));
  const ofProcess = async (unit: string, file: string) =>
    readFile(machine.seen(`/proc/${await mainPid(unit)}/${file}`), 'utf8');
  t.teardown(async () => {
    if (t.passing()) return;
    for (const unit of units) t.comment((await machine.run('/usr/bin/systemctl', 'status', '--full', unit)).stdout);
  });

  for (const unit of units) {
    const { code, stdout, stderr } = await machine.run('/usr/bin/systemd-analyze', 'verify', `${unit}.service`);
    t.same({ code, said: stdout + stderr }, { code: 0, said: '' }, `systemd-analyze verify ${unit}.service`);
  }

  await must('/usr/bin/picket-coordinator', 'init', '--host', '127.0.0.1', '--context', '/root/context.yml');
  await must('/usr/bin/systemctl', 'enable', '--now', 'picket-coordinator');
  await until('the coordinator answers', () => picket('cluster', 'list'), { within: 60_000 });

  await writeFile(machine.seen('/root/hosts.csv'), `ip,name\n127.0.0.1,${member}\n`);
  const names = ['--hosts', '/root/hosts.csv', '--domain', 'edge.huatai.me', '--service-name', 'etcd.edge.huatai.me'];
  const timing = ['--heartbeat-ms', '100', '--election-ms', '1000'];
  await picket('cluster', 'create', 'x-k3s', ...names, '--allow-loopback', ...timing);
  await writeFile(machine.seen('/root/join'), await picket('token', 'create', 'x-k3s', '--quiet'), { mode: 0o600 });
  const join = ['join', '--coordinator', 'https://127.0.0.1:7443', '--join-file', '/root/join'];
  t.match(await must('/usr/bin/picket-agent', ...join), /^Next: systemctl enable --now picket-agent\. /m);
  await must('/usr/bin/systemctl', 'enable', '--now', 'picket-agent');
  let said = '';
  const healthy = async () => {
    said = await picket('status', 'x-k3s');
    return said.includes('x-k3s: healthy');
  };
  await until('the cluster is healthy', healthy, { within: 90_000, every: 1000, lastSeen: () => said });

  await t.test('the coordinator is its own user, who can change no setting', async (t) => {
    t.equal(await property('picket-coordinator', 'User'), 'picket');
    const { uid } = await stat(machine.seen('/var/lib/picket-coordinator'));
    t.not(uid, 0);
    t.match(await ofProcess('picket-coordinator', 'status'), new RegExp(`^Uid:\t${uid}\t${uid}\t`, 'm'));
    const passphrase = await stat(machine.seen('/etc/picket/ca-passphrase'));
    t.same([passphrase.uid, passphrase.mode & 0o777], [uid, 0o600]);
    t.equal(
      (await stat(machine.seen('/etc/picket'))).uid,
      0,
      'the folder of the agent’s and its own settings is root’s',
    );
  });

  await t.test('neither gains privileges, and each has its bound of memory', async (t) => {
    for (const unit of units) {
      t.match(await ofProcess(unit, 'status'), /^NoNewPrivs:\t1$/m, unit);
      const [, resident] = /^VmRSS:\s+(\d+) kB$/m.exec(await ofProcess(unit, 'status')) ?? [];
      const most = Number(await property(unit, 'MemoryMax'));
      t.ok(most < 1024 ** 3 && Number(resident) * 1024 < most, `${unit}: ${resident} KiB of ${most / 1024}`);
    }
    t.match(await ofProcess('etcd', 'cgroup'), /etcd\.service$/m, 'etcd is not counted with the agent');
  });

  await t.test('the operator reads the log of the agent and of etcd', async (t) => {
    t.match(await picket('logs', member, '--agent'), 'a desired state was accepted', 'from the journal');
    t.match(await picket('logs', member), /"msg":"(?:ready to serve client requests|serving client traffic securely)"/);
  });

  await t.test('R10: a stop of the agent and of the coordinator leaves etcd as it is', async (t) => {
    const etcd = await mainPid('etcd');
    await must('/usr/bin/systemctl', 'stop', ...units);
    t.equal(await mainPid('etcd'), etcd);
    t.match(await must('/usr/bin/etcdctl', ...access, 'endpoint', 'health'), /is healthy/);
    const log = await until(
      'the journal has the agent’s last words',
      async () => {
        const text = await must('/usr/bin/journalctl', '--unit=picket-agent', '--output=cat');
        return text.includes('picket-agent stops; etcd keeps running') && text;
      },
      { within: 60_000 },
    );
    const why = reason('error_says', { text: anyText });
    for (const step of [{ step: 'install-service' }, { step: 'start-etcd' }, { step: 'write-file', path: anyText }])
      t.notMatch(log, wordsLike(reason('step_failed', { ...step, why })), 'its sandbox keeps it from nothing');
  });
});
