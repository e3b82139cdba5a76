import { execFile } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { ensureDebianTool } from '../../../../test/support/debian-packages.ts';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { seriesOf } from '../support/metrics.ts';
import { createCluster, joinNode } from '../support/nodes.ts';
import { unjudged } from '../support/unjudged.ts';
import { formed, reportAll, voterStatus } from '../support/voters.ts';

t.test('the metrics of a cluster that serves: its state, members, etcd and machines', async (t) => {
  const { coordinator, nodes } = await formed(t);
  await reportAll(nodes);
  const answer = await coordinator.admin.get('/metrics');
  t.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const series = seriesOf(answer.text);
  t.match(series, {
    picket_clusters: 1,
    'picket_nodes{cluster="x-k3s",kind="member"}': 3,
    'picket_cluster_state{cluster="x-k3s",state="healthy"}': 1,
    'picket_cluster_state{cluster="x-k3s",state="no-quorum"}': 0,
    'picket_cluster_voters{cluster="x-k3s"}': 3,
    'picket_cluster_serving_voters{cluster="x-k3s"}': 3,
    'picket_member_serving{cluster="x-k3s",member="x-k3s-m-1"}': 1,
    'picket_member_phase{cluster="x-k3s",member="x-k3s-m-1",phase="voter"}': 1,
    'picket_member_service_state{cluster="x-k3s",member="x-k3s-m-1",state="running"}': 1,
    'picket_member_has_leader{cluster="x-k3s",member="x-k3s-m-1"}': 1,
    'picket_member_report_age_seconds{cluster="x-k3s",member="x-k3s-m-1"}': 0,
    'picket_member_generation_lag{cluster="x-k3s",member="x-k3s-m-1"}': 0,
  });
  for (const name of [
    'picket_member_database_bytes{cluster="x-k3s",member="x-k3s-m-1"}',
    'picket_certificate_expiry_timestamp_seconds{cluster="",holder="the coordinator",purpose="control-ca"}',
    'picket_store_bytes{file="inventory.sqlite"}',
    'process_resident_memory_bytes',
  ])
    t.ok((series[name] ?? 0) > 0, name);
});

t.test('what a silent member has reported is left out, and its age is not', async (t) => {
  const { coordinator, nodes } = await formed(t);
  coordinator.clock.now += 60_000;
  await reportAll(nodes.slice(1));
  const series = seriesOf((await coordinator.admin.get('/metrics')).text);
  const of = (family: string, member: string) => series[`${family}{cluster="x-k3s",member="${member}"}`];
  t.equal(of('picket_member_report_age_seconds', 'x-k3s-m-1'), 60);
  t.equal(of('picket_member_serving', 'x-k3s-m-1'), 0);
  t.equal(of('picket_member_raft_term', 'x-k3s-m-1'), undefined);
  t.type(of('picket_member_raft_term', 'x-k3s-m-2'), 'number');
  t.equal(series['picket_cluster_serving_voters{cluster="x-k3s"}'], 2);
  t.equal(series['picket_cluster_state{cluster="x-k3s",state="at-risk"}'], 1);
});

t.test('R18: codes that a node makes up are one series', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const waits = ['made_up', 'made_up_too'].map((code) => ({ code, facts: {} }));
  const answer = await node.report({ agent: { ...readyStatus().agent, waits } });
  t.equal(answer.status, 200, answer.text);
  const series = seriesOf((await coordinator.admin.get('/metrics')).text);
  const told = Object.entries(series).filter(([name]) => name.startsWith('picket_member_agent_waits'));
  t.strictSame(told, [['picket_member_agent_waits{cluster="x-k3s",member="x-k3s-m-1",code="other"}', 2]]);
});

t.test('R18: a version that a node makes up is no label', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const versionsFor = async (etcdVersion: string | null, version: string) => {
    const { agent, service } = readyStatus();
    const answer = await node.report({ agent: { ...agent, version }, service: { ...service, etcdVersion } });
    t.equal(answer.status, 200, answer.text);
    const series = Object.keys(seriesOf((await coordinator.admin.get('/metrics')).text));
    const [info] = series.filter((name) => name.startsWith('picket_member_info'));
    return /etcd_version=.*(?=})/.exec(info ?? '')?.[0];
  };
  t.equal(await versionsFor('3.5.16', '0.1.0'), 'etcd_version="3.5.16",agent_version="0.1.0"');
  t.equal(await versionsFor('3.6.0-rc.2', '1.0.0-beta.1'), 'etcd_version="3.6.0-rc.2",agent_version="1.0.0-beta.1"');
  t.equal(await versionsFor(null, '0.1.0'), 'etcd_version="",agent_version="0.1.0"');
  for (const made of ['', 'bare metal', '3.5', '3.5.16"} 1\nup{', '3.5.160000', '3.5.16-a1b2', '3.5.16+a1b2'])
    t.equal(await versionsFor(made, made), 'etcd_version="other",agent_version="other"', made);
});

t.test('requests are counted by route, errors by code, and polls by neither', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.desiredState();
  for (const name of ['one', 'two']) await coordinator.admin.get(`/v1/clusters/${name}/status`);
  const series = seriesOf((await coordinator.admin.get('/metrics')).text);
  const route = 'method="GET",route="/v1/clusters/:name/status"';
  t.equal(series[`picket_http_requests_total{${route},status="4xx"}`], 2);
  t.equal(series[`picket_http_request_duration_seconds_count{${route}}`], 2);
  t.equal(series['picket_http_errors_total{code="not_found"}'], 2);
  t.notOk(Object.keys(series).some((name) => name.includes('desired-state')));
});

t.test('the time of the last backup is known after a restart', async (t) => {
  const coordinator = await testCoordinator(t);
  const last = async () =>
    seriesOf((await coordinator.admin.get('/metrics')).text).picket_backup_last_timestamp_seconds ?? null;
  t.equal(await last(), 0);
  await coordinator.running.backups.made(7);
  const at = coordinator.clock.now / 1000;
  t.equal(await last(), at);
  await coordinator.restart(async () => {
    coordinator.clock.now += 60_000;
  });
  t.equal(await last(), at);
});

t.test('a backup that was made while the clock was far ahead is none whose age is known', async (t) => {
  const coordinator = await testCoordinator(t);
  const last = async () =>
    seriesOf((await coordinator.admin.get('/metrics')).text).picket_backup_last_timestamp_seconds ?? null;
  coordinator.clock.now += 30 * 86_400_000;
  await coordinator.running.backups.made(7);
  coordinator.setClock(-30 * 86_400_000);
  t.equal(await last(), 0, 'so the alert goes off');
  await coordinator.restart();
  t.equal(await last(), 0);
  await coordinator.running.backups.made(7);
  t.equal(await last(), coordinator.clock.now / 1000);
  const at = coordinator.clock.now / 1000;
  coordinator.setClock(-3_600_000);
  await coordinator.restart();
  t.equal(await last(), at, 'an hour makes no difference');
});

t.test('a node whose reports do not count has the reason as a label', async (t) => {
  const { coordinator, nodes } = await formed(t);
  const [node] = nodes;
  if (node === undefined) throw new Error('no node');
  const { generation } = await node.desiredState();
  const status = voterStatus(node, generation);
  await node.report({ ...status, agent: { ...status.agent, generationSeen: generation + 50 } });
  const series = seriesOf((await coordinator.admin.get('/metrics')).text);
  t.equal(series['picket_member_uncounted{cluster="x-k3s",member="x-k3s-m-1",code="quarantined"}'], 1);
});

t.test('R18: scrapes at the same time share one answer', async (t) => {
  const coordinator = await testCoordinator(t);
  const others = [await coordinator.operator('viewer'), await coordinator.operator('operator')];
  const [one, ...rest] = await Promise.all([coordinator.admin, ...others].map((client) => client.get('/metrics')));
  // It has the processor time, which differs from one scrape to the next.
  for (const other of rest) t.equal(other.text, one?.text);
});

t.test('R18: a cluster whose state cannot be shown hides no other one', async (t) => {
  const { coordinator } = await formed(t);
  await unjudged(coordinator, 'a-broken-one');
  const series = seriesOf((await coordinator.admin.get('/metrics')).text);
  t.match(series, { picket_clusters: 2, 'picket_nodes{cluster="x-k3s",kind="member"}': 3 });
});

t.test('a deleted cluster has no series', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await coordinator.admin.post('/v1/clusters/x-k3s/delete', { confirm: 'x-k3s' });
  t.notMatch((await coordinator.admin.get('/metrics')).text, 'x-k3s');
});

t.test('promtool finds nothing to correct', async (t) => {
  const promtool = await ensureDebianTool('promtool', 'promtool', { env: process.env, say: (line) => t.comment(line) });
  const { coordinator, nodes } = await formed(t);
  await reportAll(nodes);
  await coordinator.admin.get('/v1/clusters/x-k3s/status');
  const { text } = await coordinator.admin.get('/metrics');
  const child = execFile(promtool, ['check', 'metrics']);
  let said = '';
  child.stdout?.on('data', (piece: string) => {
    said += piece;
  });
  child.stderr?.on('data', (piece: string) => {
    said += piece;
  });
  child.stdin?.end(text);
  const [code] = await once(child, 'close');
  t.strictSame([said, code], ['', 0]);
});
