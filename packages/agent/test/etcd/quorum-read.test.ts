import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { formerAsker } from '../../src/etcd/former-voter.ts';
import { etcdGateway } from '../../src/etcd/gateway.ts';
import { gatewayConnection } from '../../src/etcd/gateway-call.ts';
import { gatewayError } from '../../src/etcd/gateway-error.ts';
import { httpsServer } from '../https-server.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { type EtcdOptions, startEtcd } from './etcd-process.ts';

const ca = await authority('etcd clients');
const server = await credentialPem(ca, { usage: 'server', sans: localhost });
const credential = await credentialPem(ca, { usage: 'client', sans: [], commonName: 'client:b' });
const client = { trust: ca.certificate.pem, credential };

async function given(t: Test, options?: EtcdOptions) {
  const etcd = await startEtcd(t, ca, options);
  const gateway = etcdGateway(etcd.endpoint);
  t.teardown(() => gateway.close());
  return { ...etcd, gateway };
}

async function serving(t: Test, options?: EtcdOptions) {
  const etcd = await given(t, options);
  await until('it serves', async () => (await etcd.gateway.report())?.linearizableRead === true, { within: 20_000 });
  return etcd;
}

/** From here on etcd answers no unknown user. */
async function withAuthentication({ endpoint }: Awaited<ReturnType<typeof serving>>): Promise<void> {
  const { call, close } = gatewayConnection(endpoint.clientUrl, endpoint.trust, endpoint.credential);
  await call('auth/user/add', { name: 'root', options: { no_password: true } }, 5000);
  await call('auth/user/grant', { user: 'root', role: 'root' }, 5000);
  await call('auth/enable', {}, 5000);
  await close();
}

t.test('R16: an etcd with authentication on refuses its agent, and still proves that a quorum serves', async (t) => {
  const etcd = await serving(t);
  await withAuthentication(etcd);
  t.equal(await etcd.gateway.report(), null);
  t.equal(await etcd.gateway.quorumRead(), true);
  t.match(etcd.gateway.authentication(), { on: true, refused: { code: 'error_says' } });
});

t.test('a learner that refuses a call, and a silent one, are not taken for authentication', async (t) => {
  const etcd = await serving(t);
  const admit = (peerUrl: string) => etcd.gateway.addLearner(peerUrl);
  const learner = await given(t, { name: 'b', others: [`a=${etcd.peerUrl}`], admit });
  await learner.gateway.report();
  t.equal(learner.gateway.authentication().on, false, 'it may not be up yet');
  await until('it is a learner', async () => (await learner.gateway.report())?.isLearner === true, { within: 20_000 });
  await t.rejects(learner.gateway.memberList(), /rpc not supported for learner/);
  t.equal(learner.gateway.authentication().on, false);
  await withAuthentication(etcd);
  await until(
    'it had heard of authentication',
    async () => (await learner.gateway.report()) === null && learner.gateway.authentication().on,
    { within: 20_000 },
  );
});

for (const words of ['user name is empty', 'permission denied', 'invalid auth token']) {
  t.test(`etcd's "${words}" is a refusal for authentication`, (t) => {
    t.match(gatewayError({ code: 3, message: `etcdserver: ${words}` }), { grpcCode: 16 });
    t.end();
  });
}

t.test('R16: a former voter with authentication on is found with any certificate of the cluster', async (t) => {
  const etcd = await serving(t);
  const ask = formerAsker();
  t.equal(await ask(etcd.endpoint.clientUrl, client), true);
  await withAuthentication(etcd);
  t.equal(await ask(etcd.endpoint.clientUrl, client), true);
});

t.test('R16: an etcd without a leader proves no quorum, and is not a former cluster that serves', async (t) => {
  const { gateway, endpoint } = await given(t, { others: ['b=https://127.0.0.1:1'] });
  const health = () =>
    fetch(`${endpoint.metricsUrl}/health`).then(
      (answer) => answer.text(),
      () => '',
    );
  await until('it reports that', async () => (await health()).includes('RAFT NO LEADER'), { within: 20_000 });
  t.equal(await gateway.quorumRead(), false);
  t.equal(await formerAsker(200, 2)(endpoint.clientUrl, client), false);
});

t.test('R16: a full database does not hide a quorum', async (t) => {
  const { gateway, endpoint } = await serving(t, { settings: { 'quota-backend-bytes': 65_536 } });
  const { call, close } = gatewayConnection(endpoint.clientUrl, endpoint.trust, endpoint.credential);
  const value = Buffer.alloc(32_768, 1).toString('base64');
  await until(
    'it is full',
    () =>
      call('kv/put', { key: 'YQ==', value }, 5000).then(
        () => false,
        () => true,
      ),
    { within: 20_000, every: 0 },
  );
  await close();
  t.equal(await gateway.quorumRead(), true);
  t.equal(await formerAsker()(endpoint.clientUrl, client), true);
});

t.test('R16: a former voter that elects a leader during the check is found', async (t) => {
  const member = await httpsServer(t, { credential: server, clientCa: ca.certificate.pem });
  let asked = 0;
  member.respond = ({ path }, response) => {
    asked += 1;
    response.writeHead(path === '/readyz/linearizable_read' && asked > 2 ? 200 : 503).end();
  };
  t.equal(await formerAsker()(member.url, client), true);
});

t.test('R16: a version without that check is asked for its health', async (t) => {
  const member = await httpsServer(t, { credential: server, clientCa: ca.certificate.pem });
  let health = 200;
  member.respond = ({ path }, response) => response.writeHead(path.startsWith('/health') ? health : 404).end();
  t.equal(await formerAsker()(member.url, client), true);
  health = 503;
  t.equal(await formerAsker()(member.url, client), false);
});

t.test('R16: a missing voter is no obstacle, and is not asked again', async (t) => {
  t.equal(await formerAsker()('https://127.0.0.1:1', client), false);
});
