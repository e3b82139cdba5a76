import t from 'tap';
import { parse } from 'yaml';
import { runToEnd } from '../support/children.ts';
import { readTable } from '../support/etcdctl-table.ts';
import { until } from '../support/until.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { joinAll, labOf } from './lab-of-test.ts';
import { cluster, domain, serviceName } from './names.ts';

// What the seed's administrator looks at, in the seed's order, once etcd has been set up on three boards.

const etc = '/etc/etcd';
const both = ['sslserver', 'sslclient'];

/** The extensions of a certificate on a host, as this machine's openssl prints them, each on a line. */
async function shown(host: LabHost, file: string): Promise<Readonly<Record<string, string>>> {
  const extensions = 'subjectAltName,keyUsage,extendedKeyUsage';
  const args = ['x509', '-noout', '-subject', '-ext', extensions, '-in', host.seen(`${etc}/${file}`)];
  const { stdout, stderr, code } = await runToEnd('openssl', args);
  if (code !== 0) throw new Error(stderr);
  const texts = stdout.matchAll(/^X509v3 ([^:]+):.*\n +(.+)$/gm);
  return {
    subject: stdout.split('\n', 1)[0] ?? '',
    ...Object.fromEntries([...texts].map(([, name, text]) => [name, text])),
  };
}

function sorted(list: string | undefined): readonly string[] {
  return (list ?? '').split(', ').toSorted();
}

t.test('the seed’s check-list, from certificates to k3s', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first] = lab.hosts as [LabHost, LabHost, LabHost];
  const clientUrls = lab.hosts.map(({ name }) => `https://${name}.${domain}:2379`);
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy();

  await t.test('certificates: the seed’s names and usages, each verified by openssl', async (t) => {
    for (const host of lab.hosts) {
      const { name, address } = host;
      const own = [`DNS:${name}.${domain}`, `DNS:${name}`, `IP Address:${address}`];
      const local = ['DNS:localhost', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1'];
      const [server, peer, client] = await Promise.all(
        ['server.pem', 'peer.pem', 'client.pem'].map((file) => shown(host, file)),
      );
      t.same(
        sorted(server?.['Subject Alternative Name']),
        [...own, ...local, `DNS:${serviceName}`].toSorted(),
        `${name}: the server’s names`,
      );
      t.equal(server?.['Extended Key Usage'], 'TLS Web Server Authentication, TLS Web Client Authentication');
      t.match(peer?.subject, new RegExp(`CN ?= ?${name}$`));
      t.same(
        sorted(peer?.['Subject Alternative Name']),
        [...own, 'IP Address:127.0.0.1'].toSorted(),
        `${name}: the peer’s names`,
      );
      t.equal(peer?.['Extended Key Usage'], 'TLS Web Server Authentication, TLS Web Client Authentication');
      t.equal(client?.['Extended Key Usage'], 'TLS Web Client Authentication');
      for (const one of [server, peer, client]) t.match(one?.['Key Usage'], /Digital Signature/);

      for (const [file, authority, purposes, name] of [
        ['server.pem', 'ca.pem', both, ['-verify_hostname', serviceName, '-verify_ip', address]],
        ['peer.pem', 'peer-ca.pem', both, ['-verify_hostname', `${host.name}.${domain}`, '-verify_ip', address]],
        ['client.pem', 'ca.pem', ['sslclient'], []],
      ] as const) {
        for (const purpose of purposes) {
          const judge = ['verify', '-x509_strict', '-purpose', purpose, ...name];
          const where = ['-CAfile', host.seen(`${etc}/${authority}`), host.seen(`${etc}/${file}`)];
          const { code, stdout, stderr } = await runToEnd('openssl', [...judge, ...where]);
          t.equal(code, 0, `${host.name}: ${file} as ${purpose}: ${stdout.trim()}${stderr.trim()}`);
        }
      }
    }
  });

  await t.test('files: where they belong on each host, whose, and who may read them', async (t) => {
    for (const host of lab.hosts) {
      const files = [
        `755 root:root ${etc}`,
        `644 root:root ${etc}/ca.pem`,
        `600 etcd:etcd ${etc}/client.pem`,
        `644 root:root ${etc}/conf.yml`,
        `644 root:root ${etc}/peer-ca.pem`,
        `600 etcd:etcd ${etc}/peer.pem`,
        `600 etcd:etcd ${etc}/server.pem`,
        '755 root:root /etc/init.d/etcd',
        '644 root:root /etc/conf.d/etcd',
        '644 root:root /etc/profile.d/etcdctl.sh',
        '640 etcd:etcd /var/log/etcd/etcd.log',
      ];
      const paths = files.map((line) => line.split(' ')[2] as string);
      t.same((await host.must(['stat', '-c', '%a %U:%G %n', ...paths])).split('\n'), files, host.name);
      t.equal(await host.must(`readlink ${etc}/client-key.pem`), 'client.pem');
      const dataDir = /^data-dir: "(.+)"$/m.exec(await host.must(`cat ${etc}/conf.yml`))?.[1] ?? '';
      t.equal(await host.must(`stat -c '%a %U:%G' ${dataDir}`), '700 etcd:etcd', `${host.name}: the data dir`);
      t.equal(await host.must(`stat -c '%U:%G' $(dirname ${dataDir})`), 'root:root', 'R4: etcd cannot make another');
    }
  });

  await t.test('rc-service etcd status says started, and it will be at the next boot', async (t) => {
    for (const host of lab.hosts) {
      // OpenRC can miss the end of the script that it runs, and wait on after the answer (OpenRC issue 895).
      t.match(await host.must('timeout 20 rc-service etcd status || [ $? = 124 ]'), /status: started/);
      t.match(await host.must('rc-update show default'), /^ *etcd /m);
    }
  });

  await t.test('ps shows supervise-daemon, and etcd as the user etcd with its conf.yml', async (t) => {
    for (const host of lab.hosts) {
      const processes = await host.processes();
      const of = (program: RegExp) => processes.filter(({ command }) => program.test(command));
      const [supervisor, ...others] = of(/^supervise-daemon etcd /);
      t.match(supervisor, {
        user: 'root',
        command:
          /--start .*--user etcd etcd \/bin\/sh -- \S+\/etcd-guard \S+ \S+\/etcd --config-file=\/etc\/etcd\/conf\.yml$/,
      });
      t.same(others, []);
      t.match(of(/^\S*\/etcd /), [{ user: 'etcd', command: /^\S*\/etcd --config-file=\/etc\/etcd\/conf\.yml$/ }]);
    }
  });

  await t.test('/var/log/etcd/etcd.log tells what etcd does', async (t) => {
    for (const host of lab.hosts) {
      const log = await host.must('cat /var/log/etcd/etcd.log');
      t.match(log, /"msg":"loaded server configuration[^\n]*"path":"\/etc\/etcd\/conf\.yml"/);
      t.match(log, /"msg":"ready to serve client requests"/);
      t.match(log, /"msg":"serving client traffic securely"/);
      t.equal(await host.must('cat /var/log/etcd/etcd-console.log'), '', 'and nothing went past it');
    }
  });

  await t.test('conf.yml listens on addresses and is advertised by names', async (t) => {
    const tokens = new Set<unknown>();
    const peers = lab.hosts.map(({ name }) => `${name}=https://${name}.${domain}:2380`);
    for (const { name, address, must } of lab.hosts) {
      // The first ones have begun with fewer members.
      const isWhole = async () => (await must(`cat ${etc}/conf.yml`)).includes(peers.join());
      await until(`conf.yml of ${name} has all members`, isWhole, { within: 60_000 });
      const conf = parse(await must(`cat ${etc}/conf.yml`)) as Record<string, unknown>;
      t.match(conf, {
        name,
        'listen-peer-urls': `https://${address}:2380`,
        'listen-client-urls': `https://${address}:2379,https://127.0.0.1:2379`,
        'initial-advertise-peer-urls': `https://${name}.${domain}:2380`,
        'advertise-client-urls': `https://${name}.${domain}:2379`,
        'initial-cluster': peers.join(),
        'initial-cluster-token': new RegExp(`^${cluster}`),
      });
      tokens.add(conf['initial-cluster-token']);
    }
    t.equal(tokens.size, 1);
  });

  await t.test(
    'curl /health: true through each address and the shared name, nothing without a certificate',
    async (t) => {
      const health = (host: LabHost, name: string, ...args: string[]) => {
        const curl = ['curl', '--silent', '--show-error', '--max-time', '20', '--cacert', `${etc}/ca.pem`];
        return host.run([...curl, ...args, `https://${name}:2379/health`]);
      };
      const shownToIt = ['--cert', `${etc}/client.pem`, '--key', `${etc}/client-key.pem`];
      for (const host of lab.hosts) {
        for (const name of [serviceName, ...lab.hosts.map(({ address }) => address)]) {
          const { stdout, stderr } = await health(host, name, ...shownToIt);
          t.equal(stdout, '{"health":"true","reason":""}', `${host.name} asks ${name} ${stderr}`);
        }
      }
      for (const { address } of lab.hosts) {
        const through = ['--resolve', `${serviceName}:2379:${address}`];
        t.match((await health(first, serviceName, ...through, ...shownToIt)).stdout, '"health":"true"');
        const refused = await health(first, serviceName, ...through);
        t.match(refused.stderr, /certificate required|bad certificate/);
        t.equal(refused.stdout, '');
      }
    },
  );

  await t.test('etcdctl needs no flag: three started members, one leader, all healthy', async (t) => {
    for (const host of lab.hosts) {
      const members = (await host.etcdctl('member', 'list')).stdout.trim().split('\n');
      for (const { name } of lab.hosts) {
        const url = `https://${name}.${domain}`;
        const line = new RegExp(`^[0-9a-f]{14,16}, started, ${name}, ${url}:2380, ${url}:2379, false$`);
        t.equal(members.filter((member) => line.test(member)).length, 1, `${host.name} lists ${name}`);
      }
      t.equal(members.length, 3);

      let table = '';
      // Each row is an answer of its own: while a leader changes, two or none may call themselves that.
      const rows = await until(
        'one leader of three',
        async () => {
          table = (await host.etcdctl('endpoint', 'status', '-w', 'table')).stdout;
          const read = readTable(table);
          // The file that names them to etcdctl follows the promotion of the last one.
          return read.length === 3 && read.filter((row) => row.get('IS LEADER') === 'true').length === 1 && read;
        },
        { within: 30_000, lastSeen: () => table },
      );
      if (host === first) t.comment(table);
      t.same(new Set(rows.map((row) => row.get('ENDPOINT'))), new Set(clientUrls));
      for (const row of rows) {
        t.match(row.get('VERSION'), /^3\.\d+\.\d+$/);
        t.strictSame([row.get('IS LEARNER'), row.get('ERRORS')], ['false', '']);
      }

      const health = await host.etcdctl('endpoint', 'health');
      t.equal(health.code, 0);
      for (const url of clientUrls) t.match(health.stdout, `${url} is healthy: successfully committed proposal`);
    }
    t.match(
      await first.must(['sh', '-l', '-c', 'etcdctl member list']),
      /, started, /,
      'nor the dot, in a login shell',
    );
  });

  await t.test('what k3s is given works: endpoint, CA, certificate and key', async (t) => {
    const k3s = {
      K3S_DATASTORE_ENDPOINT: `https://${serviceName}:2379`,
      K3S_DATASTORE_CAFILE: `${etc}/ca.pem`,
      K3S_DATASTORE_CERTFILE: `${etc}/client.pem`,
      K3S_DATASTORE_KEYFILE: `${etc}/client-key.pem`,
    };
    // A program in Go, with Go's reading of certificates and keys, as k3s is one.
    const etcdctl =
      'etcdctl --endpoints=$K3S_DATASTORE_ENDPOINT --cacert=$K3S_DATASTORE_CAFILE --cert=$K3S_DATASTORE_CERTFILE --key=$K3S_DATASTORE_KEYFILE';
    const range = Buffer.from('/registry/health').toString('base64');
    const curl = `curl -sS -m 20 --cacert $K3S_DATASTORE_CAFILE --cert $K3S_DATASTORE_CERTFILE --key $K3S_DATASTORE_KEYFILE -d '{"key":"${range}"}' $K3S_DATASTORE_ENDPOINT/v3/kv/range`;
    for (const host of lab.hosts) {
      const file = (path: string) => host.seen(path);
      const certified = await runToEnd('openssl', [
        'x509',
        '-noout',
        '-pubkey',
        '-in',
        file(k3s.K3S_DATASTORE_CERTFILE),
      ]);
      const held = await runToEnd('openssl', ['pkey', '-pubout', '-in', file(`${etc}/client.pem`)]);
      t.match(held.stdout, /^-----BEGIN PUBLIC KEY-----/);
      t.equal(certified.stdout, held.stdout, `${host.name}: the key is the certificate’s`);
      await host.must(`${etcdctl} put /registry/health ${host.name}`, { env: k3s });
      // The gateway dials its own server: with the seed's first certificates, here it failed.
      t.match(await host.must(curl, { env: k3s }), `"value":"${Buffer.from(host.name).toString('base64')}"`);
    }
  });

  await t.test('no etcd ever met "incompatible key usage"', async (t) => {
    for (const host of lab.hosts) {
      const logs = await host.must('cat /var/log/etcd/*');
      t.notMatch(logs, /incompatible key usage/, host.name);
      t.notMatch(logs, /authentication handshake failed/, host.name);
    }
  });
});
