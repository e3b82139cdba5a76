import t from 'tap';
import { logWithoutSecrets } from '../src/secrets.ts';

const canary = 'bm90IGEgcmVhbCBrZXk';
const clean = (text: string, longest = 4000) => logWithoutSecrets(text.split('\n'), longest).join('\n');
/** As a line of etcd's log has it. */
const logged = (msg: string) => JSON.stringify({ level: 'warn', ts: '2026-11-28T10:00:00.000Z', msg });

t.test('R11: a log has neither keys nor tokens nor passwords nor values', (t) => {
  const body = `${canary}${'A'.repeat(45)}\n${canary}`;
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${body}\n-----END EC PRIVATE KEY-----`;
  const texts: Readonly<Record<string, string>> = {
    'a private key over several lines': `before\n${pem}\nafter`,
    'a private key within JSON': logged(pem),
    'a private key without its end': `before\n-----BEGIN PRIVATE KEY-----\n${body}`,
    'a private key without its beginning': `${body}\n-----END EC PRIVATE KEY-----\nafter`,
    'a join string': logged(`cannot join with pkt1.abcdefgh.${canary}.pin`),
    'credentials in a URL': logged(`dial https://user:${canary}@10.0.0.1:2379`),
    'a bearer token': `Authorization: Bearer ${canary}.x.y`,
    'a basic login': `authorization: Basic ${canary}==`,
    'a JSON web token': logged(`cannot parse eyJhbGciOiJIUzI1NiJ9.${canary}.c2ln`),
    'a simple token of etcd': `{"level":"info","msg":"deleted a simple token","user-name":"root","token":"${canary}.19"}`,
    'a password in JSON': `{"msg":"x","admin-password":"${canary}"}`,
    'a password in JSON within JSON': logged(`body {"password":"a\\"${canary}"}`),
    'a password as an option': `exec: etcd --auth-token=jwt --password=${canary} --x`,
    'the token of k3s': `K10${'ab'.repeat(32)}::server:${canary}`,
    'a value': logged(`apply request took too long put:<key:"/registry/pods/a" value:"x\\"${canary}" lease:7 >`),
    'a value without an end': `range response kvs:<key:"/a" value:"${canary}`,
    'a former value': `put:<key:"/a" prev_value:"${canary}" >`,
  };
  for (const [what, text] of Object.entries(texts)) t.notMatch(clean(text), canary, what);
  t.end();
});

t.test('what shows the fault stays', (t) => {
  const request = 'header:<ID:7 > put:<key:\\"/registry/secrets/default/db-password\\" value_size:1234 >';
  const line = `{"level":"warn","msg":"apply request took too long","took":"204ms","request":"${request}"}`;
  t.equal(clean(line), line, 'the names of keys and the size of a value');
  t.equal(
    clean(logged('put:<key:"/a" value:"secret" lease:7 >')),
    logged('put:<key:"/a" value:"…" lease:7 >'),
    'what comes after a value',
  );
  const san = '{"msg":"rejected connection","error":"tls: bad certificate","value":"192.168.7.11"}';
  t.equal(clean(san), san);
  t.equal(clean('one\n\ntwo'), 'one\n\ntwo');
  t.end();
});

t.test('a long line is cut, and not within a secret', (t) => {
  t.same(logWithoutSecrets([`${'word '.repeat(10)}`], 20), ['word word word word…']);
  const late = `value:"${'x'.repeat(25)}" eyJhbGci${canary}`;
  t.notMatch(clean(late, 20), 'eyJ');
  t.end();
});

t.test('R18: a hostile line takes no time to speak of', (t) => {
  const hostile = ['eyJ-', '"password":"', 'value:"', '\\'].flatMap((part) => Array(16).fill(part.repeat(100_000)));
  t.equal(logWithoutSecrets(hostile, 4000).length, hostile.length);
  t.end();
});
