import { appendFileSync, linkSync, readFileSync, renameSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { longestLogLine, mostLogBytes } from '@picket/shared/protocol/logs.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { pageBytes } from '../../src/host/file-page.ts';
import { agentSources, cursorOf, etcdSources, placesOf, readLog } from '../../src/logs/read-log.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const at = (minute: number, msg = `line ${minute}`) =>
  JSON.stringify({ level: 'info', ts: new Date(now - minute * 60_000).toISOString(), msg });

function logs(t: Test) {
  const folder = t.testdir();
  const logFile = join(folder, 'etcd.log');
  const consoleFile = join(folder, 'etcd-console.log');
  const sources = etcdSources({ logFile, consoleFile }, 'openrc');
  const ask = (order: Partial<Parameters<typeof readLog>[1]> = {}) =>
    readLog(sources, { lines: 100, sinceSeconds: null, cursor: null, ...order }, { now });
  const read = async (order: Parameters<typeof ask>[0] = {}) => {
    const answer = await ask(order);
    if ('problem' in answer) throw new Error(answer.problem.code);
    return answer;
  };
  return { folder, logFile, consoleFile, ask, read };
}

const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');

t.test('the newest lines of etcd and of its console come in the order of their times', async (t) => {
  const { logFile, consoleFile, read } = logs(t);
  writeFileSync(logFile, text(at(30), at(20), at(10)));
  writeFileSync(consoleFile, text(at(25, 'panic'), 'goroutine 1 [running]:', 'main.main()'));
  const { lines, cut } = await read();
  t.same(lines, [at(30), at(25, 'panic'), 'goroutine 1 [running]:', 'main.main()', at(20), at(10)]);
  t.notOk(cut);
  t.same((await read({ lines: 2 })).lines, [at(20), at(10)]);
  t.same((await read({ sinceSeconds: 15 * 60 })).lines, [at(10)]);
});

t.test('a reader goes on after its last line', async (t) => {
  const { logFile, read } = logs(t);
  writeFileSync(logFile, text(at(3)));
  const first = await read();
  appendFileSync(logFile, `${at(2)}\n{"level":"in`);
  const second = await read({ cursor: first.cursor });
  t.same(second.lines, [at(2)], 'a line that is being written comes later');
  appendFileSync(logFile, 'fo"}\n');
  t.same((await read({ cursor: second.cursor })).lines, ['{"level":"info"}']);
});

t.test('after a log was rotated or emptied, a reader goes on with the new one and learns of it', async (t) => {
  const { folder, logFile, read } = logs(t);
  writeFileSync(logFile, text(at(3)));
  const first = await read();
  renameSync(logFile, join(folder, 'etcd-old.log'));
  writeFileSync(logFile, text(at(2)));
  const second = await read({ cursor: first.cursor });
  t.match(second, { lines: [at(2)], cut: true });
  truncateSync(logFile, 0);
  t.match(await read({ cursor: second.cursor }), { lines: [], cut: true });
});

t.test('R18: the answer of a large log is bounded', async (t) => {
  const { logFile, read } = logs(t);
  const line = at(1, 'é"'.repeat(300));
  writeFileSync(logFile, text(line).repeat(Math.ceil((3 * pageBytes) / line.length)));
  const { lines, cut } = await read({ lines: 2000 });
  t.ok(lines.length > 100);
  t.ok(Buffer.byteLength(JSON.stringify(lines)) <= mostLogBytes + 2);
  t.ok(cut, 'it says that there are more');
  t.notOk((await read({ lines: 10 })).cut, 'ten were asked for');
  writeFileSync(logFile, text('word '.repeat(20_000)));
  t.equal((await read()).lines[0]?.length, longestLogLine);
});

t.test('R11: no link leads to another file, and no secret leaves', async (t) => {
  const { folder, logFile, consoleFile, ask } = logs(t);
  for (const name of ['server.pem', 'peer.pem']) writeFileSync(join(folder, name), text('canary'));
  symlinkSync(join(folder, 'server.pem'), logFile);
  linkSync(join(folder, 'peer.pem'), consoleFile);
  t.strictSame(await ask(), { problem: reason('log_missing', { path: consoleFile }) });
  const { logFile: other, read: readOther } = logs(t);
  writeFileSync(other, text(at(2), '-----BEGIN EC PRIVATE KEY-----', 'canary', '-----END EC PRIVATE KEY-----', at(1)));
  t.same((await readOther()).lines, [at(2), '(a private key)', at(1)]);
});

t.test('an agent whose output goes nowhere says so', async (t) => {
  const order = { lines: 1, sinceSeconds: null, cursor: null };
  t.match(await readLog(agentSources({ kind: 'elsewhere' }), order, { now }), {
    problem: { code: 'log_goes_elsewhere' },
  });
  const sources = agentSources({ kind: 'journal', service: 'picket-agent.service' });
  t.match(await readLog(sources, order, { now, journalctl: '/nowhere/journalctl' }), {
    problem: { code: 'journal_unreadable', facts: { service: 'picket-agent.service' } },
  });
});

t.test('the journal of a service is read after its cursor', async (t) => {
  const folder = t.testdir();
  const journalctl = join(folder, 'journalctl');
  const entry = { MESSAGE: 'from the journal', __REALTIME_TIMESTAMP: String(now * 1000), __CURSOR: 's=ab;i=2' };
  writeFileSync(journalctl, `#!/bin/sh\nprintf '%s\\n' "$*" > ${folder}/asked\necho '${JSON.stringify(entry)}'\n`, {
    mode: 0o755,
  });
  const sources = agentSources({ kind: 'journal', service: 'picket-agent.service' });
  const order = { lines: 5, sinceSeconds: null, cursor: cursorOf({ files: {}, journal: 's=ab;i=1' }) };
  const answer = await readLog(sources, order, { now, journalctl });
  t.match(answer, { lines: ['from the journal'], cut: false });
  t.same('cursor' in answer ? placesOf(answer.cursor ?? '') : null, { files: {}, journal: 's=ab;i=2' });
  t.match(
    readFileSync(join(folder, 'asked'), 'utf8'),
    '--lines=5 --after-cursor=s=ab;i=1 _SYSTEMD_UNIT=picket-agent.service',
  );
});

t.test('a cursor that no agent made is none', (t) => {
  const foreign = [
    'x',
    Buffer.from('null').toString('base64url'),
    Buffer.from('{"files":{"log":{"inode":-1,"offset":0}}}').toString('base64url'),
    Buffer.from('{"files":{"log":null}}').toString('base64url'),
    Buffer.from('{"files":{},"journal":"a --file=/etc/shadow"}').toString('base64url'),
  ];
  t.same(foreign.slice(2).map(placesOf), [null, null, null]);
  t.same([placesOf('x'), placesOf(foreign[1] ?? '')], [null, { files: {}, journal: null }]);
  t.end();
});
