import t from 'tap';
import { lineInWords } from '../../src/etcd-log/line-in-words.ts';

const textOf = (line: string) => lineInWords(line).text;

// etcd 3.5.16.
const panic =
  '{"level":"panic","ts":"2026-12-07T12:12:41.028161Z","caller":"backend/backend.go:201","msg":"failed to open database","path":"d5/member/snap/db","error":"open d5/member/snap/db: is a directory","stacktrace":"go.etcd.io/etcd/server/mvcc/backend.newBackend\\n\\tgo.etcd.io/etcd/server/mvcc/backend/backend.go:201"}';
const fatal =
  '{"level":"fatal","ts":"2026-11-30T14:27:56.084903Z","caller":"etcdmain/etcd.go:183","msg":"discovery failed","error":"member 218dba6515ced80c has already been bootstrapped","stacktrace":"go.etcd.io/etcd"}';
// etcd 3.6.14.
const job =
  '{"level":"panic","ts":"2026-11-30T14:29:49.846085Z","caller":"schedule/schedule.go:202","msg":"execute job failed","job":"server_applyAll","panic":"unmarshal should never fail (proto: cannot parse invalid wire-format data)","stacktrace":"go.etcd.io"}';

t.test('a line of etcd’s log is its message with its error', async (t) => {
  t.strictSame(lineInWords(panic), {
    level: 'panic',
    text: 'failed to open database: open d5/member/snap/db: is a directory',
  });
  t.strictSame(lineInWords(fatal), {
    level: 'fatal',
    text: 'discovery failed: member 218dba6515ced80c has already been bootstrapped',
  });
  t.equal(
    textOf(job),
    'execute job failed: unmarshal should never fail (proto: cannot parse invalid wire-format data)',
  );
  t.equal(textOf('{"level":"warn","msg":"EOF","error":"EOF"}'), 'EOF', 'not twice');
  t.equal(textOf('{"level":"info","msg":"closed","error":""}'), 'closed');
});

t.test('what is no line of that log is left as it is', async (t) => {
  for (const line of [
    'panic: tocommit(9) is out of range [lastIndex(0)]',
    'goroutine 1 [running]:',
    '',
    '{"a":1}',
    '{}',
  ])
    t.strictSame(lineInWords(line), { level: null, text: line });
});

t.test('a line that was cut off, or that a power cut has damaged, has no braces', async (t) => {
  const cut = (end: string) => lineInWords(panic.slice(0, panic.indexOf(end)));
  t.strictSame(cut(' database"'), { level: 'panic', text: 'failed to open…' });
  t.equal(cut('","path"').text, 'failed to open database…');
  t.equal(cut(': is a directory').text, 'failed to open database: open d5/member/snap/db…');
  t.equal(cut(',"stacktrace"').text, 'failed to open database: open d5/member/snap/db: is a directory…');
  t.strictSame(cut('"failed'), { level: 'panic', text: '' }, 'nothing of its message is there');
  t.strictSame(lineInWords('{"level":"panic","msg":"half\u0000\u0000'), { level: 'panic', text: 'half…' });
  t.strictSame(lineInWords(`\u0000\u0000${fatal}`), lineInWords(fatal));
  t.equal(textOf('{"level":"fatal","msg":"a \\"name\\" \\u00e9 of\\'), 'a "name" é of…');
  t.equal(textOf('{"level":"fatal","msg":"bad \\x escape'), 'bad \\x escape…');
});
