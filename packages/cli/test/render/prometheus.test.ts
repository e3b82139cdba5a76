import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { ensureDebianTool } from '../../../../test/support/debian-packages.ts';
import { scrapeConfiguration, scrapeTargets } from '../../src/render/prometheus.ts';
import { cluster } from '../support/views.ts';

const { spec } = cluster;
const coordinator = 'https://192.168.7.1:7443';

t.test('etcd is scraped at its metrics listener once that is on the address of each member', (t) => {
  t.equal(scrapeTargets(spec, coordinator).etcd, null);
  t.match(scrapeConfiguration(spec, coordinator), 'picket cluster set x-k3s etcdMetrics=address');
  t.same(scrapeTargets({ ...spec, etcdMetrics: 'address' }, coordinator), {
    coordinator: '192.168.7.1:7443',
    etcd: [
      { member: 'x-k3s-m-1', target: '192.168.7.11:2381' },
      { member: 'x-k3s-m-2', target: '192.168.7.12:2381' },
      { member: 'x-k3s-m-3', target: '192.168.7.13:2381' },
    ],
  });
  t.end();
});

t.test('Prometheus accepts what is printed', async (t) => {
  const promtool = await ensureDebianTool('promtool', 'promtool', { env: process.env, say: (line) => t.comment(line) });
  const [first] = spec.members;
  if (first === undefined) throw new Error('a cluster has members');
  const six = { ...spec, members: [{ ...first, address: 'fd00:7::11' }] };
  for (const [name, text] of Object.entries({
    loopback: scrapeConfiguration(spec, coordinator),
    address: scrapeConfiguration({ ...spec, etcdMetrics: 'address' }, coordinator),
    six: scrapeConfiguration({ ...six, etcdMetrics: 'address' }, 'https://[fd00:7::1]:7443'),
  })) {
    const file = join(t.testdir(), `${name}.yml`);
    await writeFile(file, text);
    const checked = await runToEnd(promtool, ['check', 'config', '--syntax-only', file]);
    t.match(checked, { code: 0 }, `${name}: ${checked.stderr}`);
  }
});
