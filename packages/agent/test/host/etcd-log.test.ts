import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { etcdLogTail, joinTails, newestOf } from '../../src/host/log-tail.ts';
import { lastWords } from '../../src/model/last-words.ts';
import { temporaryFolder } from '../support.ts';

const { etcd: binary } = await ensureEtcd();

interface Files {
  readonly folder: string;
  readonly logFile: string;
  readonly consoleFile: string;
}

function place(t: Test): Files {
  const folder = temporaryFolder(t);
  return { folder, logFile: join(folder, 'etcd.log'), consoleFile: join(folder, 'etcd-console.log') };
}

function write(path: string, lines: readonly string[], second: number): void {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  utimesSync(path, second, second);
}

/** Runs an etcd that cannot start, to its end. */
async function runToDeath({ folder, logFile, consoleFile }: Files, change: Readonly<Record<string, string>>) {
  const url = 'http://127.0.0.1:0';
  const conf = {
    name: 'a',
    'data-dir': join(folder, 'data'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': url,
    'initial-advertise-peer-urls': url,
    'initial-cluster': `a=${url}`,
    'log-outputs': `[${logFile}]`,
    'enable-log-rotation': 'true',
    ...change,
  };
  const confFile = join(folder, 'conf.yml');
  writeFileSync(
    confFile,
    Object.entries(conf)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  );
  const console = openSync(consoleFile, 'a');
  const child = spawn(binary, [`--config-file=${confFile}`], { stdio: ['ignore', console, console] });
  closeSync(console);
  t.not((await once(child, 'exit'))[0], 0);
}

t.test('an etcd without output has no lines', async (t) => {
  t.strictSame(await etcdLogTail(place(t), 20), []);
});

t.test('a configuration that etcd refuses appears on the console, after the log of an earlier run', async (t) => {
  const files = place(t);
  const earlier = Array.from({ length: 30 }, (_, index) => `{"msg":"earlier ${index}"}`);
  write(files.logFile, earlier, 1_000_000);
  await runToDeath(files, { 'heartbeat-interval': '5s' });
  const lines = await etcdLogTail(files, 6);
  t.match(lines.at(-1), /failed to verify flags.*cannot unmarshal string/);
  t.equal(lines.length, 6);
  t.equal(lines.filter((line) => line.includes('earlier')).at(-1), earlier.at(-1));
});

t.test('a flag that etcd refuses is its last word, and its usage is not', async (t) => {
  const files = place(t);
  for (const flag of ['--no-such-flag', '--heartbeat-interval=soon']) {
    const console = openSync(files.consoleFile, 'a');
    const child = spawn(binary, [flag], { stdio: ['ignore', console, console] });
    closeSync(console);
    t.not((await once(child, 'exit'))[0], 0);
  }
  t.match(readFileSync(files.consoleFile, 'utf8'), /\nUsage:\n\n {2}etcd \[flags\]\n/, 'etcd prints it');
  const lines = await etcdLogTail(files, 20);
  t.strictSame(lines, [
    'flag provided but not defined: -no-such-flag',
    'invalid value "soon" for flag -heartbeat-interval: parse error',
  ]);
  for (const ended of [true, false]) t.equal(lastWords(lines.slice(0, 1), ended), lines[0]);
  t.equal(lastWords(lines, false), lines[1]);
});

t.test('a fatal error comes from the log, even if the console is full of an older panic', async (t) => {
  const files = place(t);
  write(
    files.consoleFile,
    Array.from({ length: 30 }, () => 'panic: at another time'),
    1_000_000,
  );
  await runToDeath(files, { 'initial-cluster': 'b=http://127.0.0.1:0' });
  const lines = await etcdLogTail(files, 5);
  t.match(lines.at(-1), /"level":"fatal".*couldn't find local name/);
  t.notMatch(lines.join('\n'), /panic/, 'it has no date, and would be taken for a present one');
});

t.test('a panic comes from the log, which alone has its reason', async (t) => {
  const files = place(t);
  mkdirSync(join(files.folder, 'data/member/snap'), { recursive: true, mode: 0o700 });
  writeFileSync(join(files.folder, 'data/member/snap/db'), 'x'.repeat(40_000));
  // A crash loop: the console must not push the log out.
  for (let run = 0; run < 5; run += 1) await runToDeath(files, {});
  const lines = await etcdLogTail(files, 4);
  t.match(lines.at(-1), /"level":"panic".*"error":"invalid database"/);
  t.equal(lines.length, 4);
});

t.test('no stack trace of etcd’s log is shown', async (t) => {
  const files = place(t);
  await runToDeath(files, { 'initial-cluster': 'b=http://127.0.0.1:0' });
  t.match(readFileSync(files.logFile, 'utf8'), /"stacktrace":/, 'etcd writes one');
  t.notMatch((await etcdLogTail(files, 20)).join('\n'), /stacktrace/);
});

/** As etcd 3.6 writes it over a damaged log of its own: 1,068 characters with its trace. */
const frames = 'go.etcd.io/etcd/server/v3/storage.openWALFromSnapshot\n\t/go/server/storage/storage.go:42\n';
const panic = {
  ...{ level: 'panic', ts: '2026-11-20T10:00:00.000000Z', caller: 'storage/storage.go:122' },
  ...{ msg: 'failed to read WAL, cannot be repaired', error: 'walpb: crc mismatch' },
};

t.test('the cause of a panic survives its trace', async (t) => {
  const files = place(t);
  write(files.logFile, [JSON.stringify({ ...panic, stacktrace: frames.repeat(12) })], 1_000_000);
  const lines = await etcdLogTail(files, 20);
  t.strictSame(lines, [JSON.stringify(panic)]);
  t.equal(lastWords(lines, false), 'failed to read WAL, cannot be repaired: walpb: crc mismatch');
});

t.test('a long line stays readable, with its level and its message', async (t) => {
  for (const long of [{ error: 'e'.repeat(3000) }, { msg: '"'.repeat(2000) }, { peers: ['p'.repeat(3000)] }]) {
    const files = place(t);
    write(files.logFile, [JSON.stringify({ ...panic, ...long })], 1_000_000);
    const [line = ''] = await etcdLogTail(files, 20);
    t.ok(line.length <= 1000);
    t.equal((JSON.parse(line) as { level: string }).level, 'panic');
    t.match(
      lastWords([line], false),
      /^(?:failed to read WAL, cannot be repaired: (?:e{100}|walpb: crc mismatch$)|"{100})/,
    );
  }
});

t.test('a panic that a power cut has truncated hides nothing else', async (t) => {
  const torn = '{"level":"panic","msg":"half\u0000\u0000"}';
  const [logged, said] = [
    { lines: [torn, 'next'], at: 2 },
    { lines: ['panic: other'], at: 1 },
  ];
  t.strictSame(joinTails(logged, said, 4), ['panic: other', torn, 'next']);
});

t.test('a panic of Go itself is only on the console', async (t) => {
  const files = place(t);
  write(files.logFile, ['{"level":"panic","msg":"another","error":"at another time"}', '{"level":"info"}'], 1_000_000);
  const panic = 'panic: runtime error: index out of range [7] with length 3';
  write(files.consoleFile, ['panic: another', panic, '', 'goroutine 1 [running]:', 'main.main()'], 2_000_000);
  t.equal((await etcdLogTail(files, 20)).at(-1), panic);
});

t.test('the older source gets a quarter of the lines, or what the other leaves', async (t) => {
  const files = place(t);
  const logged = ['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}'];
  const said = ['one', 'two', 'three', 'four'];
  write(files.logFile, logged, 2_000_000);
  write(files.consoleFile, said, 2_000_001);
  t.strictSame(await etcdLogTail(files, 4), ['{"a":4}', 'two', 'three', 'four']);
  t.strictSame(await etcdLogTail(files, 6), ['{"a":3}', '{"a":4}', ...said]);
  write(files.consoleFile, said, 1_999_999);
  t.strictSame(await etcdLogTail(files, 4), ['four', '{"a":2}', '{"a":3}', '{"a":4}']);
  write(files.consoleFile, said, 1_999_000);
  t.strictSame(await etcdLogTail(files, 20), logged);
  t.strictSame(await etcdLogTail(files, 1), ['{"a":4}']);
});

t.test('R11: a link in place of the log shows no other file', async (t) => {
  const files = place(t);
  const secret = join(files.folder, 'secret');
  writeFileSync(secret, 'PRIVATE KEY\n');
  symlinkSync(secret, files.logFile);
  symlinkSync(secret, files.consoleFile);
  t.strictSame(await etcdLogTail(files, 20), []);
});

t.test('a pipe in place of the log makes nobody wait', async (t) => {
  const files = place(t);
  t.equal(spawnSync('mkfifo', [files.logFile]).status, 0);
  write(files.consoleFile, ['said'], 1_000_000);
  t.match(await etcdLogTail(files, 20), []);
});

t.test('R11: a hard link in place of the log shows no other file', async (t) => {
  const files = place(t);
  const secret = join(files.folder, 'secret');
  writeFileSync(secret, 'PRIVATE KEY\n');
  linkSync(secret, files.logFile);
  linkSync(secret, files.consoleFile);
  t.strictSame(await etcdLogTail(files, 20), []);
});

t.test('the line that names the data directory stays, however many lines follow it', (t) => {
  const start = '{"level":"info","msg":"starting an etcd server","data-dir":"/var/lib/picket/etcd/b"}';
  const before = start.replace('etcd/b', 'etcd/a');
  const later = Array.from({ length: 40 }, (_, index) => `{"level":"info","msg":"${index}"}`);
  const tail = newestOf([before, start, ...later], 20);
  t.strictSame(tail, [start, ...later.slice(-19)]);
  t.strictSame(newestOf([start, ...later], 1), later.slice(-1), 'unless only the last words are asked for');
  const joined = joinTails({ lines: tail, at: 1 }, { lines: ['panic: cannot use none as id'], at: 1 }, 20);
  t.equal(joined.length, 20);
  t.strictSame([joined[0], joined.at(-1)], [start, 'panic: cannot use none as id']);
  t.end();
});
