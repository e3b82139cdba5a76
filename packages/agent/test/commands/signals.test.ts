import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
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
  t.test(`the agent ends in order on ${signal}`, async (t) => {
    const here = terminal(t);
    const left = { nodeId: 'n', cluster: 'k3s', kind: 'member', name: 'a', coordinator: 'https://127.0.0.1:1', at: 0 };
    mkdirSync(join(here.stateDir, 'former'), { recursive: true });
    writeFileSync(join(here.stateDir, 'former/left.json'), JSON.stringify({ left, data: [], incarnations: [] }));
    const { child, said, ended } = start(here, 'run');
    const waits = () => said().includes('waits until it joins') || child.exitCode !== null;
    await until('it waits until it joins', waits, { every: 20, lastSeen: said });
    child.kill(signal);
    t.match(await ended, { code: 0, signal: null });
  });
}
