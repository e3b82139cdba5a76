import { runToEnd } from '../support/children.ts';
import { ensureDebianTool } from '../support/debian-packages.ts';
import { until } from '../support/until.ts';
import type { LabHost } from './lab-host.ts';
import { domain, serviceName } from './names.ts';

// The seed's administrator at work, before there was Picket: cfssl, copies, conf.yml filled in, the package's service.

const key = { algo: 'ecdsa', size: 256 };
const config = {
  signing: {
    profiles: Object.fromEntries(
      Object.entries({
        server: ['server auth', 'client auth'],
        client: ['client auth'],
        peer: ['server auth', 'client auth'],
      }).map(([name, usages]) => [name, { expiry: '87600h', usages: ['signing', 'key encipherment', ...usages] }]),
    ),
  },
};

interface Made {
  readonly cert: string;
  readonly key: string;
}

/** Builds a cluster of etcd with TLS on these hosts by hand, and resolves once it serves. */
export async function buildByHand(hosts: readonly LabHost[]): Promise<void> {
  const cfssl = await ensureDebianTool('golang-cfssl', 'cfssl');
  async function gencert(args: readonly string[], request: object, files: Readonly<Record<string, string>> = {}) {
    // cfssl reads files; the first host's /root is where the administrator works.
    const [{ seen }] = hosts as [LabHost];
    const folder = seen('/root');
    for (const [name, content] of Object.entries({ ...files, 'request.json': JSON.stringify(request) }))
      await runToEnd('tee', [`${folder}/${name}`], { input: content });
    const paths = args.map((argument) => (argument.startsWith('=') ? `${folder}/${argument.slice(1)}` : argument));
    const { stdout, stderr, code } = await runToEnd(cfssl, ['gencert', ...paths, `${folder}/request.json`]);
    if (code !== 0) throw new Error(`cfssl: ${stderr}`);
    return JSON.parse(stdout) as Made;
  }

  const ca = await gencert(['-initca'], { CN: 'edge k3s', key });
  const files = { 'ca.pem': ca.cert, 'ca-key.pem': ca.key, 'config.json': JSON.stringify(config) };
  const sign = (profile: string, CN: string, names: readonly string[]) =>
    gencert(
      ['-ca', '=ca.pem', '-ca-key', '=ca-key.pem', '-config', '=config.json', `-profile=${profile}`],
      { CN, hosts: names, key },
      files,
    );
  const server = await sign('server', 'edge k3s etcd', [
    serviceName,
    ...hosts.map(({ address }) => address),
    '127.0.0.1',
  ]);

  const peers = hosts.map(({ name }) => `${name}=https://${name}.${domain}:2380`).join(',');
  for (const { name, address, must } of hosts) {
    const peer = await sign('peer', name, [`${name}.${domain}`, name, address, '127.0.0.1']);
    await must("sed -i 's,^#,,' /etc/apk/repositories && apk add etcd etcd-ctl && rm -f /root/*.json /root/*.pem");
    const written = {
      'ca.pem': ca.cert,
      'server.pem': server.cert,
      'server-key.pem': server.key,
      [`${name}.pem`]: peer.cert,
      [`${name}-key.pem`]: peer.key,
      'conf.yml': [
        `name: '${name}'`,
        'data-dir: /var/lib/etcd',
        `listen-peer-urls: https://${address}:2380`,
        `listen-client-urls: https://${address}:2379,https://127.0.0.1:2379`,
        `initial-advertise-peer-urls: https://${name}.${domain}:2380`,
        `advertise-client-urls: https://${name}.${domain}:2379`,
        `initial-cluster: ${peers}`,
        "initial-cluster-token: 'x-k3s'",
        "initial-cluster-state: 'new'",
        'client-transport-security:',
        '  cert-file: /etc/etcd/server.pem',
        '  key-file: /etc/etcd/server-key.pem',
        '  client-cert-auth: true',
        '  trusted-ca-file: /etc/etcd/ca.pem',
        'peer-transport-security:',
        `  cert-file: /etc/etcd/${name}.pem`,
        `  key-file: /etc/etcd/${name}-key.pem`,
        '  client-cert-auth: true',
        '  trusted-ca-file: /etc/etcd/ca.pem',
        '',
      ].join('\n'),
    };
    for (const [file, content] of Object.entries(written)) await must(`cat > /etc/etcd/${file}`, { input: content });
    await must('chmod 600 /etc/etcd/*-key.pem && chown -R etcd:etcd /etc/etcd && rc-update add etcd default');
  }
  await Promise.all(hosts.map(({ must }) => must('rc-service etcd start')));
  const health =
    'etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.pem --cert=/etc/etcd/server.pem --key=/etc/etcd/server-key.pem endpoint health';
  for (const { name, must } of hosts) {
    await until(
      `${name} of the cluster that was built by hand serves`,
      async () => (await must(health)).includes('is healthy'),
      {
        within: 60_000,
        every: 500,
      },
    );
  }
}
