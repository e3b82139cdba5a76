import type { HistoryView } from '@picket/shared/protocol/history.ts';
import t from 'tap';
import type { Connect } from '../src/coordinator-client.ts';
import { makePki } from './support/pki.ts';
import { contextEnv, runCli } from './support/run-cli.ts';

const env = contextEnv('https://127.0.0.1:1', await makePki());
const view: HistoryView = {
  ...{ cluster: 'x-k3s', since: '2026-11-23T12:00:00Z', until: '2026-11-24T12:00:00Z', stepSeconds: 300 },
  members: [
    {
      name: 'x-k3s-m-1',
      at: ['2026-11-24T11:00:00Z'],
      series: [{ metric: 'temperature', unit: 'celsius', keeps: 'highest', values: [61] }],
    },
  ],
};

/** A coordinator that answers every request with this view, and what it was asked. */
function answering(asked: unknown[]): Connect {
  return () => ({
    server: 'https://127.0.0.1:1',
    request: async ({ method, path, query }) => {
      asked.push({ method, path, query });
      return view;
    },
    receive: async () => undefined,
    close: async () => undefined,
  });
}

t.test('the flags become conditions of the request', async (t) => {
  const asked: unknown[] = [];
  const flags = ['--member', 'x-k3s-m-1', '--metric', 'temperature', '--metric', 'db-size', '--since', '7d'];
  const { out, err } = await runCli(['history', 'x-k3s', ...flags], { env, connect: answering(asked) });
  t.equal(err, '');
  const query = { member: 'x-k3s-m-1', metric: 'temperature,db-size', since: '2026-11-17T12:00:00.000Z' };
  t.same(asked, [{ method: 'GET', path: '/v1/clusters/x-k3s/history', query }]);
  t.match(out, /^x-k3s-m-1 {2}[ #_]+ 61 C +61 C +61 C$/m);
});

t.test('the chart is as wide as the terminal, and in characters that the locale has', async (t) => {
  const widthWith = async (io: object) => {
    const { out } = await runCli(['history', 'x-k3s'], { env, connect: answering([]), ...io });
    return out.split('\n').find((line) => line.startsWith('x-k3s-m-1'))?.length ?? 0;
  };
  const [usual, narrow, wide] = [
    await widthWith({}),
    await widthWith({ env: { ...env, COLUMNS: '60' } }),
    await widthWith({ columns: 160, env: { ...env, COLUMNS: '60' } }),
  ];
  t.ok(usual <= 80 && narrow <= 60 && wide <= 160, `${usual} ${narrow} ${wide}`);
  t.ok(narrow < usual && usual < wide);
  const { out } = await runCli(['history', 'x-k3s'], { env: { ...env, LANG: 'C.UTF-8' }, connect: answering([]) });
  t.match(out, '▁▂▃▄▅▆▇█');
  t.match(out, '61 °C');
});

t.test('JSON is what the coordinator answers', async (t) => {
  const { out } = await runCli(['history', 'x-k3s', '-o', 'json'], { env, connect: answering([]) });
  t.same(JSON.parse(out), view);
});

t.test('an unknown metric is refused before anything is asked', async (t) => {
  const asked: unknown[] = [];
  const { code, err } = await runCli(['history', 'x-k3s', '--metric', 'heat'], { env, connect: answering(asked) });
  t.equal(code, 2);
  t.match(err, '--metric "heat" is not a metric; there are db-size, db-in-use,');
  t.same(asked, []);
});
