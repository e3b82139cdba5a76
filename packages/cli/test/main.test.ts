import { spawn } from 'node:child_process';
import t from 'tap';
import { programs } from '../../../test/support/programs.ts';
import { makePki } from './support/pki.ts';
import { contextEnv } from './support/run-cli.ts';
import { startStub } from './support/stub-coordinator.ts';
import { clusterStatus, event } from './support/views.ts';

const pki = await makePki();
const stub = await startStub(pki, ({ line }) =>
  line.includes('/events')
    ? { body: { items: Array.from({ length: 2000 }, (_, id) => event(id)), next: null } }
    : { body: clusterStatus() },
);
const env = { PATH: process.env.PATH, ...contextEnv(stub.url, pki) };

t.teardown(() => stub.close());

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program itself; `watch` sees the process and what it has written so far. */
function picket(argv: readonly string[], watch: (child: ReturnType<typeof spawn>, out: string) => void = () => {}) {
  return new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, [programs.cli, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      watch(child, out);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

t.test('the program ends, with its status', async (t) => {
  t.strictSame(await picket(['version']), { code: 0, out: 'picket 0.1.0\n', err: '' });
  const ran = await picket(['status', 'x-k3s']);
  t.equal(ran.code, 0);
  t.match(ran.out, 'Cluster x-k3s: healthy');
  t.equal((await picket(['clutser'])).code, 2);
});

t.test('an interruption ends --watch', async (t) => {
  const ran = await picket(['status', 'x-k3s', '--watch'], (child, out) => {
    if (out.includes('revision 1')) child.kill('SIGINT');
  });
  t.equal(ran.code, 0);
});

t.test('a reader that goes away is no failure', async (t) => {
  const ran = await picket(['events'], (child) => child.stdout?.destroy());
  t.equal(ran.err, '');
});
