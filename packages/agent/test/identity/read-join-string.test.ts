import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import { readJoinString } from '../../src/identity/read-join-string.ts';
import { refusal, temporaryFolder } from '../support.ts';

const files = hostFiles();

function stdin(text: string, isTTY = false) {
  return Object.assign(Readable.from([text]), { isTTY });
}

t.test('a named file comes before the environment', async (t) => {
  const file = join(temporaryFolder(t), 'join');
  writeFileSync(file, 'from-file\n');
  t.equal(await readJoinString({ file, env: { PICKET_JOIN: 'from-env' }, stdin: stdin(''), files }), 'from-file');
});

t.test('the environment comes before standard input', async (t) => {
  t.equal(await readJoinString({ env: { PICKET_JOIN: ' from-env ' }, stdin: stdin('piped'), files }), 'from-env');
});

t.test('a piped string is read', async (t) => {
  t.equal(await readJoinString({ env: {}, stdin: stdin('piped\n'), files }), 'piped');
});

t.test('a terminal makes nobody wait', async (t) => {
  t.equal((await refusal(readJoinString({ env: {}, stdin: stdin('', true), files }))).code, 'join_string_missing');
});

t.test('an empty pipe is no join string', async (t) => {
  t.equal((await refusal(readJoinString({ env: {}, stdin: stdin(''), files }))).code, 'join_string_missing');
});

t.test('a missing file is named', async (t) => {
  t.strictSame(await refusal(readJoinString({ file: '/missing/join', env: {}, stdin: stdin(''), files })), {
    code: 'join_string_invalid',
    facts: { problem: 'the file /missing/join does not exist' },
  });
});

t.test('R11: a text that is far too long is refused and not repeated', async (t) => {
  const refused = await refusal(readJoinString({ env: {}, stdin: stdin('x'.repeat(10_000)), files }));
  t.equal(refused.code, 'join_string_invalid');
  t.notMatch(JSON.stringify(refused), /xxx/);
});
