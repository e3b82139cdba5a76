import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { failure } from '@picket/shared/errors.ts';
import { explained } from '@picket/shared/explain/as-text.ts';
import { allCodes } from '@picket/shared/explain/explain.ts';
import t, { type Test } from 'tap';
import { printed, printedLike } from '../../../../test/support/said.ts';
import type { AgentIo } from '../../src/commands/io.ts';
import { runProgram } from '../../src/commands/program.ts';
import { alone } from '../../src/commands/run.ts';
import { refusal, temporaryFolder } from '../support.ts';

/** Runs a command line on a machine of the test. */
function terminal(t: Test) {
  const folder = temporaryFolder(t);
  const config = join(folder, 'agent.yml');
  const stateDir = join(folder, 'picket');
  const binary = join(folder, 'etcd');
  writeFileSync(binary, '#!/bin/sh\necho "etcd Version: 3.5.16"\n', { mode: 0o755 });
  mkdirSync(join(folder, 'etc'));
  writeFileSync(
    config,
    `stateDir: ${stateDir}\netcDir: ${folder}/etc\nlogFile: ${folder}/etcd.log\netcdBinary: ${binary}\ninit: process\n`,
  );
  const said = { out: '', err: '' };
  const io: AgentIo = {
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) },
    stdin: Readable.from([]),
    env: {},
    uid: 1000,
    architecture: 'x64',
    random: () => 1,
    buildTime: 0,
    signal: AbortSignal.abort(),
    failpoint: () => {},
  };
  const run = (env: AgentIo['env'], ...args: string[]) => {
    said.out = '';
    said.err = '';
    return runProgram([...args, '--config', config], { ...io, env });
  };
  return { io, run, said, stateDir };
}

t.test('a machine that has not joined is reported in words or as JSON', async (t) => {
  const { run, said } = terminal(t);
  for (const command of ['run', 'once', 'status']) {
    t.equal(await run({}, command), 1);
    t.match(said.err, /^error: .*not joined.*\nhint: .*picket-agent join/);
    t.equal(await run({}, command, '--output', 'json'), 1);
    t.match(JSON.parse(said.out), { code: 'not_joined', message: String, hint: String, details: { path: String } });
    t.equal(said.err, '');
  }
});

t.test('a wrong command line has another exit status than a failure', async (t) => {
  const { run, said } = terminal(t);
  t.equal(await run({}, 'stauts'), 2);
  t.match(said.err, /Did you mean status/);
  t.equal(await run({}, 'status', '--output', 'yaml'), 2);
  t.equal(await run({}, 'status', '--ouput', '--output', 'json'), 2);
  t.match(JSON.parse(said.out), { code: 'usage_invalid', details: { problem: /--ouput/ } });
  said.out = '';
  t.equal(await run({}, 'join', 'pkt1.a.secret.c'), 2, 'R11: a join string is not accepted as an argument');
  t.notMatch(said.err, 'secret', 'R11: it is not repeated');
  const PICKET_JOIN = `pkt1.token001.${'s'.repeat(22)}.${'0'.repeat(64)}`;
  t.equal(await run({ PICKET_JOIN }, 'join', '--coordinator', 'pkt1.a.secret.c'), 1);
  t.match(said.err, 'pkt1.a.…', 'nor is one that is given for the address of the coordinator');
  t.notMatch(said.err, 'secret');
});

t.test('a code is explained without a configuration, in words and as JSON', async (t) => {
  const { io, said } = terminal(t);
  const { answer, text } = explained('no_reads');
  t.equal(await runProgram(['explain', 'no_reads'], io), 0);
  t.equal(said.out, text);
  said.out = '';
  t.equal(await runProgram(['explain', 'no_reads', '--output', 'json'], io), 0);
  t.strictSame(JSON.parse(said.out), answer);
  said.out = '';
  t.equal(await runProgram(['explain'], io), 0);
  t.strictSame(said.out.trimEnd().split('\n'), allCodes());
  said.out = '';
  t.equal(await runProgram(['explain', 'no_read', '--output', 'json'], io), 1);
  t.match(JSON.parse(said.out), { code: 'unknown_code', details: { near: /no_reads/ } });
});

t.test('join names what is missing', async (t) => {
  const { run, said } = terminal(t);
  t.equal(await run({}, 'join'), 2);
  t.match(said.err, /--coordinator/);
  t.equal(await run({}, 'join', '--coordinator', 'https://127.0.0.1:1'), 2);
  t.equal(said.err, printed(failure('join_string_missing', {})));
  t.equal(await run({ PICKET_JOIN: 'pkt1.short' }, 'join', '--coordinator', 'https://127.0.0.1:1'), 2);
  t.match(said.err, printedLike('join_string_invalid'));
  t.notMatch(said.err, /short/);
});

t.test('R4: a node whose journal is gone does not begin a new one', async (t) => {
  const { run, said, stateDir } = terminal(t);
  const PICKET_JOIN = `pkt1.token001.${'s'.repeat(22)}.${'0'.repeat(64)}`;
  const join_ = () => run({ PICKET_JOIN }, 'join', '--coordinator', 'https://127.0.0.1:1', '--name', 'x');
  t.equal(await join_(), 1);
  t.match(said.err, printedLike('coordinator_unreachable'), 'the first join begins one, and reaches the coordinator');
  t.ok(existsSync(join(stateDir, 'journal.json')));
  const lost = terminal(t);
  mkdirSync(lost.stateDir);
  writeFileSync(join(lost.stateDir, 'identity.pem'), 'damaged');
  t.equal(await lost.run({ PICKET_JOIN }, 'join', '--coordinator', 'https://127.0.0.1:1', '--name', 'x'), 1);
  t.equal(lost.said.err, printed(failure('agent_state_missing', { path: join(lost.stateDir, 'journal.json') })));
  t.notOk(existsSync(join(lost.stateDir, 'journal.json')));
});

t.test('two agents never work in one folder', async (t) => {
  const folder = temporaryFolder(t);
  await alone(folder, 100, async () => {
    t.equal((await refusal(alone(folder, 50, async () => undefined))).code, 'agent_running');
  });
  t.equal(await alone(folder, 100, async () => 'free again'), 'free again');
});
