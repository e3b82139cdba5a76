import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { alone } from '../../src/commands/run.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { beginJournal } from '../../src/journal/journal-store.ts';
import { readLocalOrder } from '../../src/journal/local-order.ts';
import { authority, credential } from '../pki.ts';
import { type Terminal, terminal } from '../terminal.ts';

const program = join(import.meta.dirname, '../../src/main.ts');
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** The program in a process of its own; its end has the exit code, the signal that ended it, and what it has said. */
function start({ configFile }: Terminal, ...words: readonly string[]) {
  const { NODE_OPTIONS: _hooks, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...words, '--config', configFile], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const closed = once(child, 'close');
  return {
    child,
    said: () => said,
    ended: closed.then(([code, signal]) => ({ code, signal, said })),
  };
}

for (const signal of signals) {
  t.test(`R2: a hold without the coordinator takes its order back on ${signal}`, async (t) => {
    const here = terminal(t);
    const { stateDir } = here;
    const ca = await authority('control');
    await identityStore(hostFiles(), stateDir).keep({
      node: {
        nodeId: 'node00000001',
        cluster: 'k3s',
        member: { name: 'a', address: '127.0.0.1', ports: { client: 1, peer: 2, metrics: 3 } },
        coordinator: 'https://127.0.0.1:1',
      },
      credential: await credential(ca, {
        usage: 'node',
        sans: [{ type: 'uri', value: 'urn:picket:node:node00000001' }],
      }),
      controlCertificates: ca.certificate.pem,
    });
    await beginJournal(hostFiles(), stateDir);
    await alone(stateDir, 0, async () => {
      const { child, ended } = start(here, 'hold', '--alone');
      const order = () => readLocalOrder(hostFiles(), stateDir);
      while ((await order()) === null && child.exitCode === null) await pause(20);
      t.type((await order())?.hold, Object);
      child.kill(signal);
      t.match(await ended, { code: 1, said: /was stopped before the hold of a in k3s began/ });
      t.match(await order(), { hold: null });
    });
  });

  t.test(`the agent ends in order on ${signal}`, async (t) => {
    const here = terminal(t);
    const left = { nodeId: 'n', cluster: 'k3s', kind: 'member', name: 'a', coordinator: 'https://127.0.0.1:1', at: 0 };
    mkdirSync(join(here.stateDir, 'former'), { recursive: true });
    writeFileSync(join(here.stateDir, 'former/left.json'), JSON.stringify({ left, data: [], lives: [] }));
    const { child, said, ended } = start(here, 'run');
    while (!said().includes('waits until it joins') && child.exitCode === null) await pause(20);
    child.kill(signal);
    t.match(await ended, { code: 0, signal: null });
  });
}
