import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import t from 'tap';
import { checksOf } from '../../demo/checks.ts';
import { runToEnd } from '../support/children.ts';
import { ensureDebianTool } from '../support/debian-packages.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { readTable } from '../support/etcdctl-table.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, domain, fleetOf, healthy, joinAll, serviceName } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

t.test('three hosts, one join each, a healthy TLS cluster', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);

  for (const [promise, holds] of checksOf(fleet)) {
    await t.test(promise, async (t) => {
      t.ok(await holds());
    });
  }

  await t.test('etcdctl endpoint status -w table shows three voters and one leader', async (t) => {
    const [machine] = fleet.machines as [Machine];
    const table = async () => {
      const { stdout } = await fleet.etcdctl(machine, 'endpoint', 'status', '--cluster', '-w', 'table');
      const rows = readTable(stdout);
      const leaders = rows.filter((row) => row.get('IS LEADER') === 'true').length;
      const voters = rows.filter((row) => row.get('IS LEARNER') === 'false').length;
      // Each row is an answer of its own: while a leader changes, two or none may call themselves that.
      return leaders === 1 && voters === rows.length && rows;
    };
    t.equal((await until('one leader, no learner', table, { within: 30_000 })).length, 3);
  });

  for (const machine of fleet.machines) {
    await t.test(`. etcdctl.sh on ${machine.name}, and etcdctl needs no flag`, async (t) => {
      const profile = join(machine.etcDir, 'etcdctl.sh');
      const { etcdctl } = await ensureEtcd();
      const shell = (command: string) => runToEnd('sh', ['-euc', `. "$0"; ${command}`, profile, etcdctl]);
      const endpoints = fleet.machines.map(({ clientUrl }) => clientUrl).join(',');
      await until(
        'it names every voter',
        async () => (await shell('echo "$ETCDCTL_ENDPOINTS"')).stdout.trim() === endpoints,
        { within: 10_000 },
      );
      const list = await shell('"$1" member list');
      t.strictSame([list.code, list.stderr], [0, '']);
      t.equal(list.stdout.match(/, started, /g)?.length, 3);
      t.match((await shell('"$1" endpoint status -w table')).stdout, machine.clientUrl);
      t.equal((await lstat(profile)).mode & 0o777, 0o644, 'nothing in it is secret');
    });

    await t.test(`${machine.name}: etcd keeps its log itself, and its console has nothing to say`, async (t) => {
      const { logFile } = parse(await readFile(join(machine.etcDir, 'conf.yml'), 'utf8'));
      t.match(await readFile(logFile, 'utf8'), /"msg":"ready to serve client requests"/);
      t.equal(await readFile(logFile.replace('.log', '-console.log'), 'utf8'), '');
    });

    await t.test(`${machine.name} has its files, its keys readable by their owner alone`, async (t) => {
      const files = (await readdir(machine.etcDir)).sort();
      t.same(files, [
        'ca.pem',
        'client-key.pem',
        'client.pem',
        'conf.yml',
        'etcdctl.sh',
        'peer-ca.pem',
        'peer.pem',
        'server.pem',
      ]);
      for (const name of ['client.pem', 'peer.pem', 'server.pem']) {
        t.equal((await lstat(join(machine.etcDir, name))).mode & 0o777, 0o600, name);
      }
      t.equal(await readlink(join(machine.etcDir, 'client-key.pem')), 'client.pem');
    });
  }

  await t.test('OpenSSL accepts each certificate for its purpose', async (t) => {
    for (const machine of fleet.machines) {
      for (const [name, authority, purposes] of [
        ['server.pem', 'ca.pem', ['sslserver', 'sslclient']],
        ['peer.pem', 'peer-ca.pem', ['sslserver', 'sslclient']],
        ['client.pem', 'ca.pem', ['sslclient']],
      ] as const) {
        for (const purpose of purposes) {
          const { stdout, code } = await runToEnd('openssl', [
            'verify',
            '-purpose',
            purpose,
            '-x509_strict',
            '-CAfile',
            join(machine.etcDir, authority),
            join(machine.etcDir, name),
          ]);
          t.equal(code, 0, `${machine.name} ${name} as ${purpose}: ${stdout.trim()}`);
        }
      }
    }
  });

  await t.test('a client certificate is no server certificate', async (t) => {
    const [{ etcDir }] = fleet.machines as [Machine];
    const args = ['verify', '-purpose', 'sslserver', '-CAfile', join(etcDir, 'ca.pem'), join(etcDir, 'client.pem')];
    t.not((await runToEnd('openssl', args)).code, 0);
  });

  await t.test('cfssl reads the names in the certificates, and the seed’s are among them', async (t) => {
    const cfssl = await ensureDebianTool('golang-cfssl', 'cfssl');
    const sansOf = async (file: string): Promise<string[]> => {
      // cfssl takes a file of one object; ours holds the key as well.
      const { stdout: certificate } = await runToEnd('openssl', ['x509', '-in', file]);
      const { stdout, stderr } = await runToEnd(cfssl, ['certinfo', '-cert', '-'], { input: certificate });
      t.ok(stdout.startsWith('{'), stderr);
      return ((JSON.parse(stdout) as { sans?: string[] }).sans ?? []).sort();
    };
    for (const { name, address, etcDir } of fleet.machines) {
      const own = [`${name}.${domain}`, name, address];
      t.same(
        await sansOf(join(etcDir, 'server.pem')),
        [...own, serviceName, 'localhost', '127.0.0.1', '::1'].sort(),
        `${name} server`,
      );
      t.same(await sansOf(join(etcDir, 'peer.pem')), [...own, '127.0.0.1'].sort(), `${name} peer`);
    }
  });

  await t.test(
    'the server certificate carries both usages: the seed’s "incompatible key usage" cannot be',
    async (t) => {
      const [{ etcDir }] = fleet.machines as [Machine];
      const { stdout } = await runToEnd('openssl', [
        'x509',
        '-noout',
        '-ext',
        'extendedKeyUsage',
        '-in',
        join(etcDir, 'server.pem'),
      ]);
      t.match(stdout, /TLS Web Server Authentication, TLS Web Client Authentication/);
    },
  );

  await t.test('R1: once formed, every conf.yml says existing, with all members', async (t) => {
    for (const machine of fleet.machines) {
      // It follows the promotion of the last member.
      const conf = await until(
        `conf.yml of ${machine.name} has all members`,
        async () => {
          const read = parse(await readFile(join(machine.etcDir, 'conf.yml'), 'utf8'));
          return read.initialCluster.length === 3 && read;
        },
        { within: 60_000 },
      );
      t.equal(conf.initialClusterState, 'existing', machine.name);
    }
  });

  await t.test('R7: no private key of a node is anywhere at the coordinator', async (t) => {
    const kept = await everythingBelow(join(fleet.folder, 'coordinator'));
    for (const machine of fleet.machines) {
      for (const file of [join(machine.etcDir, 'server.pem'), join(machine.stateDir, 'identity.pem')]) {
        const [, secret] =
          /PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END/.exec(await readFile(file, 'utf8')) ?? [];
        const [line] = (secret ?? '').split('\n').slice(1);
        t.ok(line !== undefined && line.length > 20, 'there is a key to look for');
        t.notOk(kept.includes(line ?? ''), file);
      }
    }
  });

  await t.test(
    'picket status --output wide shows the endpoint table, certificates’ ends and nothing to wait for',
    async (t) => {
      const { stdout, code } = await fleet.picket('status', cluster, '--output', 'wide');
      t.equal(code, 0);
      for (const heading of [
        'ENDPOINT',
        'IS LEADER',
        'RAFT APPLIED INDEX',
        'CERTIFICATES END',
        'APPLIED',
        'LAST REPORT',
      ]) {
        t.match(stdout, heading);
      }
      for (const { clientUrl } of fleet.machines) t.match(stdout, clientUrl);
      t.same((await fleet.status(cluster)).waitsFor, []);
    },
  );

  await t.test('each node reports the machine below it', async (t) => {
    for (const { name, status } of (await fleet.status(cluster)).members) {
      const { disk, memory, clockOffsetMs } = status?.machine ?? {};
      t.ok(disk && disk.freeBytes > 0 && disk.freeBytes <= disk.totalBytes, name);
      t.ok(memory && memory.availableBytes > 0 && memory.availableBytes <= memory.totalBytes, name);
      t.ok(typeof clockOffsetMs === 'number' && Math.abs(clockOffsetMs) < 60_000, 'they share one clock');
    }
  });

  await t.test('picket-agent status tells the node’s own view', async (t) => {
    const [machine] = fleet.machines as [Machine];
    const { stdout, code, stderr } = await machine.run('status', '--output', 'json');
    t.equal(code, 0, stderr);
    t.match(stdout, cluster);
  });

  await t.test('picket-agent once finds nothing to do', async (t) => {
    const [machine] = fleet.machines as [Machine];
    const { code, stderr } = await machine.run('once');
    t.equal(code, 0, stderr);
  });

  await t.test('a second join says that it is a node already, and succeeds', async (t) => {
    const [machine] = fleet.machines as [Machine];
    const { code, stdout } = await machine.join(await fleet.joinString(cluster));
    t.equal(code, 0);
    t.match(stdout, /already/);
  });

  await t.test('the status says the same after the coordinator has been restarted', async (t) => {
    const before = await fleet.status(cluster);
    await fleet.stopCoordinator();
    await fleet.startCoordinator();
    await healthy(fleet);
    const after = await fleet.status(cluster);
    t.same(identities(after), identities(before));
  });
});

function identities({ clusterId, members }: ClusterStatusView): unknown {
  return { clusterId, members: members.map(({ name, memberId, incarnation }) => ({ name, memberId, incarnation })) };
}

async function everythingBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))).join('\n');
}
